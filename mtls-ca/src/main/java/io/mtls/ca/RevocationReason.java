package io.mtls.ca;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x509.ReasonFlags;

/**
 * Why a certificate was revoked, RFC 5280 section 5.3.1.
 *
 * <p>{@code removeFromCRL} (8) is not among them, because it takes a revocation back: {@link CrlBuilder#removed} says it.
 */
public enum RevocationReason {
    /** No reason is given. CRLs and OCSP answers then have none, as RFC 5280 asks. */
    UNSPECIFIED(0, "unspecified", 0),
    /** Somebody else has the key, or may have it. */
    KEY_COMPROMISE(1, "keyCompromise", ReasonFlags.keyCompromise),
    /** Somebody else has the key of the CA, or may have it. */
    CA_COMPROMISE(2, "cACompromise", ReasonFlags.cACompromise),
    /** The subject's name or another thing that the certificate says is no longer right. */
    AFFILIATION_CHANGED(3, "affiliationChanged", ReasonFlags.affiliationChanged),
    /** Another certificate takes its place. */
    SUPERSEDED(4, "superseded", ReasonFlags.superseded),
    /** It is no longer needed. */
    CESSATION_OF_OPERATION(5, "cessationOfOperation", ReasonFlags.cessationOfOperation),
    /** On hold: the only revocation that can be taken back. */
    CERTIFICATE_HOLD(6, "certificateHold", ReasonFlags.certificateHold),
    /** The subject may no longer do what the certificate says that it may. */
    PRIVILEGE_WITHDRAWN(9, "privilegeWithdrawn", ReasonFlags.privilegeWithdrawn),
    /** The same as {@link #CA_COMPROMISE} for an attribute authority. */
    AA_COMPROMISE(10, "aACompromise", ReasonFlags.aACompromise);

    private final int code;
    private final String text;
    private final int flag;

    RevocationReason(int code, String text, int flag) {
        this.code = code;
        this.text = text;
        this.flag = flag;
    }

    /**
     * Reads the spelling of RFC 5280 in any case, with or without hyphens or underscores: {@code keyCompromise}, {@code
     * key-compromise}, {@code KEY_COMPROMISE}.
     *
     * @throws IllegalArgumentException when it is none of these; the message lists them
     */
    public static RevocationReason parse(String text) {
        String wanted = plain(text);
        return Arrays.stream(values())
                .filter(reason -> plain(reason.text).equals(wanted))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("\"" + text + "\" is no reason to revoke: "
                        + (wanted.equals("removefromcrl")
                                ? "it takes a hold back, so release the certificate instead"
                                : "it is one of "
                                        + Arrays.stream(values())
                                                .map(RevocationReason::text)
                                                .collect(Collectors.joining(", ")))));
    }

    private static String plain(String text) {
        return text.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
    }

    /** The value of {@code CRLReason}. */
    public int code() {
        return code;
    }

    /** The name in RFC 5280, such as {@code keyCompromise}. */
    public String text() {
        return text;
    }

    /** The bit of {@code ReasonFlags} (section 4.2.1.13); none for {@link #UNSPECIFIED}. */
    int flag() {
        return flag;
    }
}
