package io.mtls.ca;

/** Object identifiers for the extended key usage extension, RFC 5280 section 4.2.1.12. */
public final class KeyPurpose {
    /** id-kp-clientAuth: a TLS client. */
    public static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    /** id-kp-serverAuth: a TLS server. */
    public static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    /** anyExtendedKeyUsage. */
    public static final String ANY = "2.5.29.37.0";
    /** id-kp-codeSigning. */
    public static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    /** id-kp-emailProtection. */
    public static final String EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
    /** id-kp-OCSPSigning: a responder that answers for the CA, RFC 6960 section 4.2.2.2. */
    public static final String OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";

    private KeyPurpose() {}
}
