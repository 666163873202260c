package io.mtls.revocation;

import io.mtls.revocation.SignerPaths.SignerPath;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** What a {@link RevocationQuery} carries so that asking revocation lists costs nothing the second time. */
final class CrlLookup {

    private final CertificateScope scope;

    /** Others than the issuer who may sign lists for the certificate, by name; a name that was not asked for is absent. */
    private volatile Map<X500Principal, List<SignerPath>> signers = Map.of();

    /** The last answer. It says itself which lists it was computed from. */
    volatile @Nullable CrlAnswer answer;

    CrlLookup(CertificateScope scope) {
        this.scope = scope;
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
