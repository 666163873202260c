package io.mtls;

import io.mtls.revocation.RevocationQuery;
import java.util.List;
import java.util.function.Function;

/** What a {@link ClientCertificateVerifier} says of a chain at an instant. Sealed for good. */
public sealed interface Verdict {

    /** The chain leads to a trust anchor, satisfies the policy, and nothing in it is known to be revoked. */
    record Accepted(VerifiedPath path) implements Verdict {}

    /**
     * The chain is refused.
     *
     * @param detail for the log: which certificate, what was found, what was expected. Bounded, free of control
     *     characters, and never to be shown to the caller
     */
    record Rejected(RejectionReason reason, String detail) implements Verdict {

        /** This or the other, whichever says more. */
        Rejected orMoreSpecific(Rejected other) {
            return other.reason.moreSpecificThan(reason) ? other : this;
        }
    }

    /**
     * The path is good, but whether it is revoked is not in memory. It authorises nobody.
     *
     * @param path verified, but of unknown status
     * @param missing what to fetch before asking again
     * @param otherwise what it comes to where nothing can be learned
     */
    record Undecided(VerifiedPath path, List<RevocationQuery> missing, Rejected otherwise) implements Verdict {
        public Undecided {
            missing = List.copyOf(missing);
        }
    }

    /** Handles each case; one function per case, so that none is forgotten. */
    default <T> T fold(
            Function<Accepted, T> accepted, Function<Rejected, T> rejected, Function<Undecided, T> undecided) {
        if (this instanceof Accepted a) {
            return accepted.apply(a);
        }
        if (this instanceof Rejected r) {
            return rejected.apply(r);
        }
        return undecided.apply((Undecided) this);
    }
}
