package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import io.mtls.revocation.SignerPaths.SignerPath;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * What the lists in memory say of one certificate (RFC 5280 section 6.3.3): looked up once, judged at each request.
 *
 * <p>It differs from the RFC where that is more careful: all lists that are about the certificate are looked at, not only
 * until every reason is covered; one that has expired, or has a critical extension that nobody here knows, still revokes
 * what is on it, whatever another list leaves out, for a CA may have several at once: by two of its keys, or for another
 * scope; and {@code removeFromCRL} takes back a hold and nothing else.
 */
final class CrlAnswer {

    /** How far ahead a CA's clock may be; as in PKIX implementations of long standing. */
    static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    private static final Unknown LISTED_BY_ANOTHER = new Unknown(
            Why.NOT_ASKED,
            "a CRL by another key has it, and whether that key may sign for its issuer is not known yet");

    /** Asks for a certificate of who signed a list; it, too, may depend on a list that somebody else signed. */
    @FunctionalInterface
    interface StatusOfSigner {
        RevocationStatus known(RevocationQuery query, Instant at, int depth);
    }

    /** Which lists it was computed from. Not they themselves: whoever is not seen again would keep old lists in memory. */
    private final Object version;

    private final Object signers;
    private final List<Part> parts;
    private final Unknown nothing;

    /** Whether it is on a list by a key of which nobody has looked yet whether it may sign for its issuer. */
    private final boolean listedByAnother;

    private final List<CrlAddress> addresses;

    private CrlAnswer(
            Object version,
            Object signers,
            List<Part> parts,
            Unknown nothing,
            boolean listedByAnother,
            List<CrlAddress> addresses) {
        this.listedByAnother = listedByAnother;
        this.addresses = List.copyOf(addresses);
        this.version = version;
        this.signers = signers;
        this.parts = List.copyOf(parts);
        this.nothing = nothing;
    }

    static CrlAnswer of(RevocationQuery query, CrlLookup lookup, CrlLists.Snapshot lists) {
        Map<X500Principal, List<SignerPath>> signers = lookup.signers();
        List<Part> parts = new ArrayList<>(1);
        boolean listedByAnother = false;
        Unknown nothing = new Unknown(Why.NOT_ASKED, "no CRL of its issuer is known");
        if (!lookup.scope().isReadable()) {
            nothing = new Unknown(Why.UNVERIFIABLE, "its CRL distribution points cannot be read");
        }
        for (X500Principal name : lookup.scope().crlIssuers()) {
            List<Crl> ofName = lists.byIssuer().getOrDefault(name, List.of());
            for (Crl complete : ofName) {
                if (complete.head().isDelta()) {
                    continue;
                }
                int reasons = lookup.scope().reasonsCoveredBy(complete.head());
                if (reasons == 0) {
                    nothing = moreSpecific(nothing, Why.UNVERIFIABLE, "no CRL of its issuer that is known is about it");
                    continue;
                }
                SignerPath signer = authorised(complete, query, signers.get(name));
                if (signer == null) {
                    if (signers.containsKey(name)) {
                        nothing = moreSpecific(
                                nothing, Why.UNVERIFIABLE, "who signed its CRL may not do so for its issuer");
                    } else if (!query.signers().equals(SignerPaths.NONE)) {
                        SignerPath assumed = new SignerPath(complete.signer().certificate(), List.of());
                        listedByAnother |=
                                Part.of(complete, deltasOf(complete, ofName), assumed, reasons, lookup.scope()).revoked
                                        != null;
                    }
                    continue;
                }
                parts.add(Part.of(complete, deltasOf(complete, ofName), signer, reasons, lookup.scope()));
            }
        }
        return new CrlAnswer(lists.version(), signers, parts, nothing, listedByAnother, List.of());
    }

    /** The same, with where its lists come from. */
    CrlAnswer with(List<CrlAddress> addresses) {
        return new CrlAnswer(version, signers, parts, nothing, listedByAnother, addresses);
    }

    List<CrlAddress> addresses() {
        return addresses;
    }

    /** Whether it was computed from these very lists and signers. */
    @SuppressWarnings("ReferenceEquality") // Identity is what is asked for, and costs nothing.
    boolean isOf(CrlLists.Snapshot lists, Object signers) {
        return version == lists.version() && this.signers == signers;
    }

    /** Whether some list says something of the certificate, be it too old. */
    boolean hasParts() {
        return !parts.isEmpty();
    }

    /** The heads of the complete lists that are about the certificate. */
    List<CrlHead> heads() {
        return parts.stream().map(part -> part.head).toList();
    }

    /** Of whose certificates the status is needed. */
    List<RevocationQuery> signerQueries() {
        return parts.stream().flatMap(part -> part.signer.queries().stream()).toList();
    }

    /**
     * Whoever signs the list that says whether its own certificate is revoked is believed that it is not, for want of
     * anybody else to ask; should another list say that it is, that one counts, too.
     */
    private static @Nullable SignerPath authorised(Crl crl, RevocationQuery query, @Nullable List<SignerPath> others) {
        if (crl.isSignedBy(query.issuer())) {
            return new SignerPath(query.issuer(), List.of());
        }
        if (others != null) {
            for (SignerPath other : others) {
                if (crl.isSignedBy(other.signer())) {
                    return new SignerPath(
                            other.signer(),
                            other.queries().stream()
                                    .filter(ofSigner -> !ofSigner.equals(query))
                                    .toList());
                }
            }
        }
        return null;
    }

    /**
     * RFC 5280 section 6.3.3 (c): of the same issuer and scope, signed by the same key, and made later. There may be two, one
     * of them not understood; the oldest first.
     */
    private static List<Crl> deltasOf(Crl complete, List<Crl> ofName) {
        return ofName.stream()
                .filter(delta -> delta.head().isNewerThan(complete.head())
                        && delta.head().isDelta()
                        && delta.head().scope().equals(complete.head().scope())
                        && delta.signer().key().equals(complete.signer().key()))
                .sorted(Comparator.comparing(
                        delta -> Objects.requireNonNull(delta.head().number())))
                .toList();
    }

    /** Allocates nothing where a list in force answers alone. */
    RevocationStatus at(Instant at, int depth, StatusOfSigner statusOfSigner) {
        int covered = 0;
        Good good = null;
        Revoked onceRevoked = null;
        Unknown unknown = null;
        boolean disputed = false;
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            RevocationStatus status = part.at(at, depth, statusOfSigner);
            if (status instanceof Revoked revoked) {
                if (part.isInForce(at)) {
                    return revoked;
                }
                onceRevoked = revoked;
            } else if (status instanceof Good ofPart) {
                covered |= part.reasons;
                good = good == null || ofPart.until().isBefore(good.until()) ? ofPart : good;
            } else {
                Unknown ofPart = (Unknown) status;
                unknown = unknown == null || ofPart.why().compareTo(unknown.why()) > 0 ? ofPart : unknown;
                disputed |= part.mayRevoke(at, depth, statusOfSigner);
            }
        }
        if (onceRevoked != null) {
            return onceRevoked;
        }
        if (listedByAnother) {
            return LISTED_BY_ANOTHER;
        }
        if (good != null && covered == CrlHead.ALL_REASONS && !disputed) {
            return good;
        }
        if (unknown != null) {
            return unknown;
        }
        return good == null
                ? nothing
                : new Unknown(Why.UNVERIFIABLE, "the CRLs that are known leave out reasons to revoke it for");
    }

    private static Unknown moreSpecific(Unknown before, Why why, String detail) {
        return why.compareTo(before.why()) > 0 ? new Unknown(why, detail) : before;
    }

    /** What one complete list, and the delta that belongs to it, say of the certificate. */
    private static final class Part {
        private final CrlHead head;
        private final boolean understood;
        private final SignerPath signer;
        private final int reasons;
        private final Instant from;
        private final Good good;
        private final @Nullable Revoked revoked;

        /** While the delta that lifts a hold is in force. */
        private final @Nullable Good released;

        private Part(Crl complete, SignerPath signer, int reasons, @Nullable Revoked revoked, @Nullable Good released) {
            this.head = complete.head();
            this.understood = complete.isUnderstood();
            this.signer = signer;
            this.reasons = reasons;
            this.from = complete.head().thisUpdate().minus(CLOCK_SKEW);
            this.good = new Good(complete.head().until());
            this.revoked = revoked;
            this.released = released;
        }

        static Part of(Crl complete, List<Crl> deltas, SignerPath signer, int reasons, CertificateScope scope) {
            long listed = complete.find(scope.serial(), scope.issuer());
            Good released = null;
            for (Crl delta : deltas) {
                long changed = delta.find(scope.serial(), scope.issuer());
                if (changed == CrlIndex.ABSENT) {
                    continue;
                }
                if (CrlIndex.reason(changed) != CrlReason.REMOVE_FROM_CRL) {
                    listed = changed;
                    released = null;
                } else if (listed != CrlIndex.ABSENT
                        && CrlIndex.reason(listed) == CrlReason.CERTIFICATE_HOLD
                        && delta.isUnderstood()
                        && delta.head().continues(complete.head())) {
                    Instant until = delta.head().until();
                    released = new Good(
                            until.isBefore(complete.head().until())
                                    ? until
                                    : complete.head().until());
                }
            }
            Revoked revoked = listed == CrlIndex.ABSENT
                    ? null
                    : new Revoked(CrlIndex.revokedAt(listed), CrlReason.name(CrlIndex.reason(listed)));
            return new Part(complete, signer, reasons, revoked, released);
        }

        boolean isInForce(Instant at) {
            return !at.isAfter(head.until());
        }

        RevocationStatus at(Instant at, int depth, StatusOfSigner statusOfSigner) {
            Instant until = good.until();
            List<RevocationQuery> queries = signer.queries();
            for (int i = 0; i < queries.size(); i++) {
                RevocationQuery query = queries.get(i);
                RevocationStatus status = isWithinValidity(query.certificate(), at)
                        ? statusOfSigner.known(query, at, depth + 1)
                        : new Unknown(Why.EXPIRED, "the certificate of who signed its CRL is not valid now");
                if (!(status instanceof Good ofSigner)) {
                    return ofSigner(status);
                }
                until = ofSigner.until().isBefore(until) ? ofSigner.until() : until;
            }
            if (at.isBefore(from)) {
                return new Unknown(Why.UNVERIFIABLE, "its CRL is from the future, " + head.thisUpdate());
            }
            if (released != null && !at.isAfter(released.until())) {
                return released.until().isAfter(until) ? new Good(until) : released;
            }
            if (revoked != null) {
                return revoked;
            }
            if (!isInForce(at)) {
                return new Unknown(Why.EXPIRED, "its CRL expired at " + head.until());
            }
            if (!understood) {
                return new Unknown(Why.UNVERIFIABLE, "its CRL has critical extensions that are not known");
            }
            return until.equals(good.until()) ? good : new Good(until);
        }

        /** Whether it lists the certificate, and nobody says that who signed it is not to be believed. */
        boolean mayRevoke(Instant at, int depth, StatusOfSigner statusOfSigner) {
            return revoked != null
                    && signer.queries().stream()
                            .noneMatch(query -> statusOfSigner.known(query, at, depth + 1) instanceof Revoked);
        }

        private static Unknown ofSigner(RevocationStatus status) {
            return status.fold(
                    good -> new Unknown(Why.UNVERIFIABLE, ""),
                    revoked -> new Unknown(Why.UNVERIFIABLE, "who signed its CRL was revoked at " + revoked.at()),
                    unknown -> new Unknown(unknown.why(), "who signed its CRL: " + unknown.detail()));
        }

        private static boolean isWithinValidity(X509Certificate certificate, Instant at) {
            return !at.isBefore(certificate.getNotBefore().toInstant())
                    && !at.isAfter(certificate.getNotAfter().toInstant());
        }
    }
}
