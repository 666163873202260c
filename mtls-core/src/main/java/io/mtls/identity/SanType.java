package io.mtls.identity;

import java.util.Locale;

/** The types of subject alternative name that can be read (RFC 5280 section 4.2.1.6). */
public enum SanType {
    /** uniformResourceIdentifier, as it is. */
    URI,
    /** dNSName, as it is: A-labels stay A-labels, and the case stays. */
    DNS,
    /** rfc822Name, as it is. A SmtpUTF8Mailbox (RFC 9598) is an otherName and not among them. */
    EMAIL,
    /** An otherName of type 1.3.6.1.4.1.311.20.2.3, Microsoft's user principal name, a UTF8String. */
    UPN,
    /** iPAddress: dotted decimal, or RFC 5952 text. An IPv4-mapped address stays an IPv6 address. */
    IP,
    /** directoryName, as RFC 4514 text. */
    DIRECTORY_NAME;

    /** The word for this type in {@link CertificateField#parse}, such as {@code directory-name}. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
