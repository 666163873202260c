package io.mtls.ca;

import io.mtls.ca.IssuedCertificate.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who signs OCSP answers for each issuing CA: a delegated responder (RFC 6960 section 4.2.2.2) that lives for some days and
 * whose key is never stored.
 */
final class Responders {
    /** id-pkix-ocsp-nocheck, RFC 6960 section 4.2.2.2.1, with its value, a NULL. */
    private static final String OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";

    private static final byte[] NULL = {5, 0};

    /** Nobody asks whether a responder's certificate is revoked, so it does not live long. */
    private static final Duration LIFETIME = Duration.ofDays(3);

    private final Store store;
    private final Ledger ledger;
    private final Hierarchy hierarchy;
    private final CaSettings settings;
    private final InstantSource clock;
    private final Map<String, HeldCertificate> byAuthority = new ConcurrentHashMap<>();

    Responders(Store store, Ledger ledger, Hierarchy hierarchy, CaSettings settings, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.hierarchy = hierarchy;
        this.settings = settings;
        this.clock = clock;
    }

    /** @throws CaException when that CA has ended, and can delegate to nobody any more */
    HeldCertificate of(String authority) {
        HeldCertificate known = byAuthority.get(authority);
        return known != null && isFresh(authority, known)
                ? known
                : store.locked(() -> {
                    HeldCertificate latest = byAuthority.get(authority);
                    return latest != null && isFresh(authority, latest) ? latest : newResponder(authority);
                });
    }

    private boolean isFresh(String authority, HeldCertificate responder) {
        boolean revoked = ledger.find(responder.certificate().getSerialNumber())
                .filter(issued -> issued.revocation().isEmpty())
                .isEmpty();
        if (revoked) {
            return false;
        }
        Instant issuerEnd = hierarchy.certificate(authority).getNotAfter().toInstant();
        Instant now = clock.instant();
        Instant from = responder.certificate().getNotBefore().toInstant();
        Instant to = responder.certificate().getNotAfter().toInstant();
        boolean endsWithIssuer = to.equals(issuerEnd);
        return !now.isBefore(from)
                && now.plus(endsWithIssuer ? Duration.ZERO : lifetime().dividedBy(2))
                        .isBefore(to);
    }

    private Duration lifetime() {
        Duration answers = settings.ocspValidity().multipliedBy(2);
        return answers.compareTo(LIFETIME) > 0 ? answers : LIFETIME;
    }

    private HeldCertificate newResponder(String authority) {
        Instant end = hierarchy.certificate(authority).getNotAfter().toInstant();
        if (clock.instant().isAfter(end)) {
            throw new CaException(authority + " ended at " + end, "ask about members of a CA that has not", null);
        }
        HeldCertificate responder = hierarchy
                .issuing(authority)
                .issueClient("CN=OCSP responder of " + authority)
                .endEntity(KeyPurpose.OCSP_SIGNING)
                .extension(OCSP_NO_CHECK, false, NULL)
                .lifetime(lifetime())
                .build();
        store.commit(new Change()
                .append(ledger.lines(clock.instant())
                        .issued(Kind.RESPONDER, Ledger.RESPONDER + authority, authority, responder.certificate())
                        .toString()));
        byAuthority.put(authority, responder);
        return responder;
    }
}
