package io.mtls.revocation;

import io.mtls.revocation.SignerPaths.SignerPath;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** What a {@link RevocationQuery} carries for one {@link CrlSource}, so that asking it costs nothing the second time. */
final class CrlLookup {

    private final Object source;
    private final CertificateScope scope;
    private final @Nullable CrlLookup next;

    /** Others than the issuer who may sign lists for the certificate, by name; a name that was not asked for is absent. */
    private volatile Map<X500Principal, List<SignerPath>> signers = Map.of();

    /** The last answer. It says itself which lists it was computed from. */
    volatile @Nullable CrlAnswer answer;

    /** @param next of another source, and so on */
    CrlLookup(Object source, CertificateScope scope, @Nullable CrlLookup next) {
        this.source = source;
        this.scope = scope;
        this.next = next;
    }

    /** The one of this source among these; null if there is none. */
    @SuppressWarnings("ReferenceEquality") // Identity is what is asked for.
    static @Nullable CrlLookup of(Object source, @Nullable CrlLookup first) {
        CrlLookup lookup = first;
        while (lookup != null && lookup.source != source) {
            lookup = lookup.next;
        }
        return lookup;
    }

    CertificateScope scope() {
        return scope;
    }

    Map<X500Principal, List<SignerPath>> signers() {
        return signers;
    }

    void signers(Map<X500Principal, List<SignerPath>> signers) {
        this.signers = Map.copyOf(signers);
    }
}
