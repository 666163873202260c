package io.mtls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The certificates at which a path may end, as an immutable set; empty only as {@link #verifiedByProxy}.
 *
 * <p>An anchor is a CA's certificate, self-signed or not. Unlike the JDK, {@link ClientCertificateVerifier} honours what
 * the anchor says of itself: validity, name constraints, path length, key usage and extended key usage (RFC 5937).
 *
 * <p>What this never does: fall back to the JVM's or the system's certificate authorities.
 */
public final class TrustAnchors {

    private static final TrustAnchors VERIFIED_BY_PROXY = new TrustAnchors();

    private final Set<X509Certificate> authorities;
    private final Set<X509Certificate> pinned;

    private TrustAnchors() {
        this.authorities = Set.of();
        this.pinned = Set.of();
    }

    private TrustAnchors(Collection<X509Certificate> authorities, Collection<X509Certificate> pinned) {
        this.authorities = Certificates.reparsed(authorities);
        this.pinned = Certificates.reparsed(pinned);
        this.authorities.forEach(TrustAnchors::requireAuthority);
        if (authorities.isEmpty() && pinned.isEmpty()) {
            throw new IllegalArgumentException("No trust anchors: name the CA whose certificates are to be accepted");
        }
    }

    /** These CA certificates. */
    public static TrustAnchors of(X509Certificate... authorities) {
        return of(Arrays.asList(authorities));
    }

    /**
     * These CA certificates.
     *
     * @throws IllegalArgumentException if there are none, or one of them is not a CA's
     */
    public static TrustAnchors of(Collection<X509Certificate> authorities) {
        return new TrustAnchors(authorities, List.of());
    }

    /**
     * Only these very certificates and nothing they issued: a partner's self-signed or end-entity certificate that was
     * exchanged by hand. Being named here stands for the extended key usage when the certificate has none; everything
     * else, validity and key size above all, is checked as for any other. There is no CA behind such a certificate that
     * could revoke it: take it out of this set instead.
     */
    public static TrustAnchors pinnedEndEntities(Collection<X509Certificate> endEntities) {
        return new TrustAnchors(List.of(), endEntities);
    }

    /**
     * None here: the proxies know them, and what they forward is believed to have been verified there. For a CA whose
     * certificates this application does not have. It holds for what comes by {@link TrustedProxies} and leads to no anchor
     * of another issuer; on a connection of its own nobody gets in by it. Of the certificate itself all is checked: validity,
     * usages, key, lifetime, deny list, identity.
     *
     * <p>Risk: no signature is checked here, and no revocation. A proxy that asks for certificates without verifying them
     * (nginx {@code ssl_verify_client optional_no_ca}, a load balancer that passes them through), or that trusts a CA more
     * than it should, lets anybody in as anybody, and whoever was revoked gets in until the proxy knows. That is so for
     * another issuer's certificate, too, whose intermediate is neither forwarded nor known here: it counts as one of this
     * issuer. Name the intermediates of the others, and the members of this one.
     */
    public static TrustAnchors verifiedByProxy() {
        return VERIFIED_BY_PROXY;
    }

    /** All CERTIFICATE blocks of a PEM text. */
    public static TrustAnchors fromPem(String pem) {
        return of(parsePem(pem, "the given text"));
    }

    /** All CERTIFICATE blocks of a PEM file. */
    public static TrustAnchors fromPem(Path file) {
        return of(certificatesIn(file));
    }

    /**
     * All trusted certificate entries of a key store. Entries with a private key are no statement of trust and are left
     * out.
     */
    public static TrustAnchors fromKeyStore(KeyStore keyStore) {
        try {
            List<X509Certificate> found = new ArrayList<>();
            for (String alias : Collections.list(keyStore.aliases())) {
                if (keyStore.isCertificateEntry(alias)
                        && keyStore.getCertificate(alias) instanceof X509Certificate certificate) {
                    found.add(certificate);
                }
            }
            return of(found);
        } catch (KeyStoreException e) {
            throw new IllegalArgumentException("The key store of the trust anchors cannot be read", e);
        }
    }

    /**
     * These and those.
     *
     * @throws IllegalArgumentException if one of the two is {@link #verifiedByProxy}: that is an issuer of its own
     */
    public TrustAnchors and(TrustAnchors others) {
        if (areVerifiedByProxy() || others.areVerifiedByProxy()) {
            throw new IllegalArgumentException(
                    "What a proxy verified cannot be told from what leads to these anchors: make"
                            + " two issuers of it");
        }
        Set<X509Certificate> allAuthorities = new LinkedHashSet<>(authorities);
        allAuthorities.addAll(others.authorities);
        Set<X509Certificate> allPinned = new LinkedHashSet<>(pinned);
        allPinned.addAll(others.pinned);
        return new TrustAnchors(allAuthorities, allPinned);
    }

    boolean areVerifiedByProxy() {
        return this == VERIFIED_BY_PROXY;
    }

    /** The CA certificates among them. */
    public Set<X509Certificate> authorities() {
        return authorities;
    }

    /** The end-entity certificates that are trusted by themselves. */
    public Set<X509Certificate> pinned() {
        return pinned;
    }

    /** The certificates of a PEM file, at least one. For anchors, intermediates and tools around them. */
    static List<X509Certificate> certificatesIn(Path file) {
        try {
            return parsePem(Files.readString(file, StandardCharsets.US_ASCII), file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read certificates from " + file, e);
        }
    }

    private static List<X509Certificate> parsePem(String pem, String where) {
        try {
            // The factory skips what stands before the first block, but reads a file without any as empty.
            List<X509Certificate> found = new ArrayList<>();
            for (var certificate : Certificates.factory()
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))) {
                found.add((X509Certificate) certificate);
            }
            if (found.isEmpty()) {
                throw new IllegalArgumentException(
                        "No certificate in " + where + ": expected -----BEGIN CERTIFICATE----- blocks");
            }
            return found;
        } catch (CertificateException e) {
            throw new IllegalArgumentException("A certificate in " + where + " cannot be parsed: " + e.getMessage(), e);
        }
    }

    private static void requireAuthority(X509Certificate certificate) {
        if (certificate.getBasicConstraints() < 0) {
            throw new IllegalArgumentException("Trust anchor " + Certificates.nameOf(certificate)
                    + " is not a CA's certificate (basicConstraints CA:TRUE is absent). To trust this one certificate"
                    + " and nothing it issues, use TrustAnchors.pinnedEndEntities");
        }
        boolean[] keyUsage = certificate.getKeyUsage();
        if (keyUsage != null && !keyUsage[Certificates.KEY_CERT_SIGN]) {
            throw new IllegalArgumentException("Trust anchor " + Certificates.nameOf(certificate)
                    + " may not issue certificates: its key usage lacks keyCertSign");
        }
        if (certificate.hasUnsupportedCriticalExtension()) {
            throw new IllegalArgumentException("Trust anchor " + Certificates.nameOf(certificate)
                    + " has a critical extension that is not understood here: "
                    + certificate.getCriticalExtensionOIDs());
        }
        ExtensionBounds.objectionTo(certificate).ifPresent(objection -> {
            throw new IllegalArgumentException("Trust anchor " + Certificates.nameOf(certificate) + ": " + objection);
        });
    }
}
