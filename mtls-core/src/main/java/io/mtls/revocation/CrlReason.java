package io.mtls.revocation;

import java.util.List;

/** CRLReason, RFC 5280 section 5.3.1: by number in lists and answers, by name in what is told. */
final class CrlReason {

    static final int CERTIFICATE_HOLD = 6;

    /** Only in delta CRLs: the hold is over. */
    static final int REMOVE_FROM_CRL = 8;

    private static final List<String> NAMES = List.of(
            "unspecified",
            "keyCompromise",
            "cACompromise",
            "affiliationChanged",
            "superseded",
            "cessationOfOperation",
            "certificateHold",
            "unspecified", // 7 is not used
            "removeFromCRL",
            "privilegeWithdrawn",
            "aACompromise");

    private CrlReason() {}

    /** {@code unspecified} for a number that has no name, and so where there is none. */
    static String name(int reason) {
        return reason < 0 || reason >= NAMES.size() ? NAMES.get(0) : NAMES.get(reason);
    }
}
