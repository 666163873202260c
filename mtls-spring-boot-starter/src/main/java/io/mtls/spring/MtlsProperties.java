package io.mtls.spring;

import io.mtls.ClientAuth;
import io.mtls.MutualTls.Handshake;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationStatus;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Everything below {@code mtls.} A key that is not known stops the start: a rule with a typing mistake must not be a rule
 * that is left out.
 *
 * @param handshake What a TLS handshake does with a client whose certificate is refused: 'refuse' ends it; 'defer' lets
 *     it pass, so that the client gets an HTTP response that names the reason.
 * @param issuers Whom to trust, by a name of your own. Without any, the trust store of the server's own SSL bundle.
 * @param paths What each path asks for. The first that matches decides; a path that none matches needs a certificate.
 * @param policy What a certificate must satisfy beyond being issued by a trusted issuer.
 * @param revocation How it is learned whether certificates are revoked, for all issuers that say nothing of their own.
 *     Where each says something, only 'storage' may be left here.
 * @param denyList File of certificates that are refused at once, whatever their CA says: 'sha256:' and a fingerprint, or
 *     'serial:' and a number with 'issuer:' and its name, one a line. Looked at several times a second.
 * @param proxies Proxies that terminate TLS in front of this application, and say whose certificate they saw.
 * @param stapling An OCSP answer for the server's own certificate, sent along in the handshake.
 * @param allowMisdirectedRequests Whether requests for another host than the TLS connection was made to are served, where
 *     the server tells. Risk: where hosts of one server are for different callers, who may connect to one asks for another.
 * @param dev Development mode.
 */
@ConfigurationProperties(prefix = "mtls", ignoreUnknownFields = false)
record MtlsProperties(
        @DefaultValue("refuse") Handshake handshake,
        @DefaultValue Map<String, Issuer> issuers,
        @DefaultValue List<PathRule> paths,
        @DefaultValue Policy policy,
        @DefaultValue Revocation revocation,
        @Nullable Path denyList,
        @DefaultValue Proxies proxies,
        @DefaultValue Stapling stapling,
        @DefaultValue("false") boolean allowMisdirectedRequests,
        @DefaultValue Dev dev) {

    /**
     * A trusted issuer.
     *
     * @param bundle SSL bundle whose trust store holds the CA certificates. Without it and 'pinned-bundle', the trust
     *     store of the server's own SSL bundle.
     * @param pinnedBundle SSL bundle whose trust store holds the very certificates of clients that are trusted, without
     *     anything that they issued.
     * @param verifiedByProxy Whether it is believed that a proxy has verified what it forwards, instead of a bundle with the
     *     CA. Needs 'mtls.proxies', and 'revocation.allow-unchecked' of this issuer. Risk: no signature is checked here and
     *     no revocation, so a proxy that asks for certificates without verifying them lets anybody in as anybody.
     * @param intermediatesBundle SSL bundle whose trust store holds intermediate CA certificates that clients need not
     *     present. They are trusted only where an anchor vouches for them.
     * @param principal Where a certificate names its holder: 'subject:CN', 'san:email', 'spiffe-id:example.org'...
     * @param principalPrefix Put before each name. Needed for all but one of several issuers.
     * @param roles Roles by principal.
     * @param roleRules Roles by fields of the certificate.
     * @param members The only ones that are let in, by principal or by 'sha256:' and a certificate's fingerprint.
     * @param revocation How it is learned whether its certificates are revoked, instead of what stands below
     *     'mtls.revocation'.
     */
    record Issuer(
            @Nullable String bundle,
            @Nullable String pinnedBundle,
            @DefaultValue("false") boolean verifiedByProxy,
            @Nullable String intermediatesBundle,
            @DefaultValue("subject:CN") String principal,
            @DefaultValue("") String principalPrefix,
            @DefaultValue Map<String, List<String>> roles,
            @DefaultValue List<RoleRule> roleRules,
            @Nullable List<String> members,
            @Nullable Revocation revocation) {

        /** The issuer of which nothing is said. */
        static Issuer defaults() {
            return new Issuer(null, null, false, null, "subject:CN", "", Map.of(), List.of(), null, null);
        }
    }

    /**
     * Grants roles by a field of the certificate. Exactly one of 'equal', 'glob' and 'same-name' says which values count.
     *
     * @param field Which field of the certificate, such as 'subject:OU'.
     * @param equal The value that it must have, character by character.
     * @param glob The pattern that it must match: '*' stops at a slash, '**' does not.
     * @param sameName Each of the roles is granted where the field holds its name.
     * @param roles What is granted.
     */
    record RoleRule(
            @Nullable String field,
            @Nullable String equal,
            @Nullable String glob,
            @DefaultValue("false") boolean sameName,
            @DefaultValue List<String> roles) {}

    /**
     * What a path asks for.
     *
     * @param pattern Path pattern of Spring, behind the context path: '/public/**'.
     * @param clientAuth Whether a certificate is needed, is welcome ('want') or is ignored ('none').
     * @param roles Roles of which the certificate must grant at least one.
     */
    record PathRule(
            @Nullable String pattern,
            @DefaultValue("need") ClientAuth clientAuth,
            @DefaultValue Set<String> roles) {}

    /**
     * What a certificate must satisfy. A property whose name begins with 'allow' loosens a default.
     *
     * @param maxIntermediates Most CA certificates between the client's and the trust anchor, 0 to 10. Default 4.
     * @param maxLifetime Longest validity of a client's certificate, such as '90d'. Default no limit.
     * @param minRsaBits Smallest RSA key, 2048 or more. Default 2048.
     * @param requirePolicies Certificate policies (OIDs) of which the path must be valid for at least one.
     * @param allowMissingExtendedKeyUsage Whether a client's certificate may lack the extended key usage extension. Risk:
     *     a certificate that was issued for something else authenticates.
     * @param allowAnyExtendedKeyUsage Whether anyExtendedKeyUsage stands for clientAuth. Risk: as above.
     * @param allowSmallRsaKeys Smallest RSA key where it is below 2048 bits. Risk: such keys can be factored.
     * @param allowCaAsClient Whether a CA's certificate is accepted as a client's. Risk: a key that issues certificates is
     *     used online.
     * @param allowDsaKeys Whether DSA keys are accepted. Risk: withdrawn by FIPS 186-5.
     * @param allowSignatureAlgorithms Further signature algorithms, by OID. Risk: with SHA-1 a signature can be moved to
     *     another certificate.
     */
    record Policy(
            @Nullable Integer maxIntermediates,
            @Nullable Duration maxLifetime,
            @Nullable Integer minRsaBits,
            @DefaultValue Set<String> requirePolicies,
            @DefaultValue("false") boolean allowMissingExtendedKeyUsage,
            @DefaultValue("false") boolean allowAnyExtendedKeyUsage,
            @Nullable Integer allowSmallRsaKeys,
            @DefaultValue("false") boolean allowCaAsClient,
            @DefaultValue("false") boolean allowDsaKeys,
            @DefaultValue Set<String> allowSignatureAlgorithms) {

        /** Of which nothing is said. */
        static final Policy DEFAULTS =
                new Policy(null, null, null, Set.of(), false, false, null, false, false, Set.of());
    }

    /**
     * How it is learned whether certificates are revoked. A property whose name begins with 'allow' loosens hard fail. One
     * of 'sources' and 'allow-unchecked' is required.
     *
     * @param sources Where it is looked up, in this order: 'ocsp', 'crl' or both. The first conclusive answer counts.
     * @param grace How long a certificate's last good answer holds after its end while no source can be reached. At most a
     *     day. A certificate that never had a good answer gets none.
     * @param allowUnknown For which reasons a certificate is accepted of which nothing is known: 'no-answer',
     *     'unreachable', 'expired', 'unverifiable', 'unknown-to-responder'. Risk: who keeps the server from reaching the
     *     source gets in with a revoked certificate.
     * @param allowUncheckedIssuers Whether only clients' own certificates are checked. Risk: what a revoked intermediate
     *     CA issued still gets in.
     * @param allowUnchecked Whether revocation is not checked at all. Risk: who was revoked still gets in.
     * @param storage Directory in which answers and lists, and the server's own staple, outlive a restart. For all issuers, below 'mtls.revocation' only.
     * @param ocsp OCSP responders.
     * @param crl Certificate revocation lists.
     */
    record Revocation(
            @DefaultValue List<Source> sources,
            @DefaultValue("0s") Duration grace,
            @DefaultValue Set<RevocationStatus.Why> allowUnknown,
            @DefaultValue("false") boolean allowUncheckedIssuers,
            @DefaultValue("false") boolean allowUnchecked,
            @Nullable Path storage,
            @DefaultValue Ocsp ocsp,
            @DefaultValue Crl crl) {

        /** Of which nothing is said. */
        static final Revocation DEFAULTS =
                new Revocation(List.of(), Duration.ZERO, Set.of(), false, false, null, Ocsp.DEFAULTS, Crl.DEFAULTS);

        /** Whether nothing is said of how it is learned; where answers are kept is for all issuers. */
        boolean saysNothing() {
            return equals(new Revocation(
                    List.of(), Duration.ZERO, Set.of(), false, false, storage, Ocsp.DEFAULTS, Crl.DEFAULTS));
        }
    }

    /** Where revocation is looked up. */
    enum Source {
        OCSP,
        CRL
    }

    /**
     * OCSP responders.
     *
     * @param responders Addresses that are asked before those in certificates.
     * @param aia Whether the addresses in certificates are used.
     * @param nonce Whether a nonce is sent, and has to come back. It keeps answers from being cached on their way.
     * @param deadline For a whole exchange with a responder.
     */
    record Ocsp(
            @DefaultValue List<URI> responders,
            @DefaultValue("true") boolean aia,
            @DefaultValue("off") OcspSource.Nonce nonce,
            @DefaultValue("2s") Duration deadline) {

        /** Of which nothing is said. */
        static final Ocsp DEFAULTS = new Ocsp(List.of(), true, OcspSource.Nonce.OFF, Duration.ofSeconds(2));
    }

    /**
     * Certificate revocation lists.
     *
     * @param files Lists, PEM or DER. Looked at several times a second.
     * @param directories Directories of lists.
     * @param urls Addresses of lists, http or https.
     * @param distributionPoints Whether the addresses in certificates are used. By default only where no file, directory or
     *     address is named.
     * @param maxSize Longest list that is loaded.
     * @param deadline For a whole download.
     */
    record Crl(
            @DefaultValue List<Path> files,
            @DefaultValue List<Path> directories,
            @DefaultValue List<URI> urls,
            @Nullable Boolean distributionPoints,
            @Nullable DataSize maxSize,
            @DefaultValue("30s") Duration deadline) {

        /** Of which nothing is said. */
        static final Crl DEFAULTS = new Crl(List.of(), List.of(), List.of(), null, null, Duration.ofSeconds(30));
    }

    /**
     * Proxies that terminate TLS. What they forward is verified by 'mtls.issuers'.
     *
     * @param format How they write the client's certificate into headers. Nothing is read without it. They have to
     *     overwrite what clients send under these names.
     * @param headers Names of the headers, where the format leaves them to the proxy's configuration: the client's
     *     certificate first, then what else it presented.
     * @param addresses Addresses and ranges from which proxies connect, such as '10.0.0.0/24'. Whoever can connect from
     *     there can speak as anybody.
     * @param issuers Whose certificates proxies present, by a name of your own. Beside 'addresses' both have to fit.
     * @param ignoreFromOthers Whether such headers of others are ignored, and not refused. Risk: a proxy that is not
     *     recognised any more serves everybody as anonymous where that is allowed, and nobody is told.
     * @param allowPlainHttp Whether protected paths may be on a connector without TLS. Needs 'addresses'. Risk: whoever is
     *     on the network between proxy and application reads and writes everything, as anybody.
     */
    record Proxies(
            ForwardedCertificates.@Nullable Dialect format,
            @DefaultValue List<String> headers,
            @DefaultValue List<String> addresses,
            @DefaultValue Map<String, ProxyIssuer> issuers,
            @DefaultValue("false") boolean ignoreFromOthers,
            @DefaultValue("false") boolean allowPlainHttp) {

        /** Whether nothing is said of who they are; on what they connect is said beside beans, too. */
        boolean sayNothing() {
            return equals(new Proxies(null, List.of(), List.of(), Map.of(), false, allowPlainHttp));
        }
    }

    /**
     * Whose certificates proxies present. One of 'bundle' and 'pinned-bundle' is required, and 'members' beside 'bundle'.
     *
     * @param bundle SSL bundle whose trust store holds the CA certificates.
     * @param pinnedBundle SSL bundle whose trust store holds the very certificates of proxies.
     * @param intermediatesBundle SSL bundle whose trust store holds intermediate CA certificates that proxies need not
     *     present.
     * @param principal Where a certificate names the proxy.
     * @param members Who is a proxy, by name or by 'sha256:' and a certificate's fingerprint.
     * @param revocation How it is learned whether its certificates are revoked, instead of what stands below
     *     'mtls.revocation'.
     */
    record ProxyIssuer(
            @Nullable String bundle,
            @Nullable String pinnedBundle,
            @Nullable String intermediatesBundle,
            @DefaultValue("subject:CN") String principal,
            @Nullable List<String> members,
            @Nullable Revocation revocation) {}

    /**
     * The server's own OCSP answer, fetched ahead and stapled to its certificate.
     *
     * @param enabled Whether it is. Changes system properties of the whole JVM: every TLS server in it that starts later
     *     asks us for its answers, and one application per JVM can have this.
     * @param responder Address of the OCSP responder. Without it, or when it does not answer, the one that the certificate
     *     names.
     */
    record Stapling(
            @DefaultValue("false") boolean enabled,
            @Nullable URI responder) {}

    /**
     * Development mode: a certificate authority of its own makes the certificates of the server and its clients.
     *
     * @param enabled Whether it is on. Never in production: the keys lie on the disk unencrypted.
     * @param directory Where the certificate authority keeps its files. Keep it out of version control.
     * @param members Who gets a client certificate, and with which roles.
     * @param hosts Names and addresses of the server beside localhost.
     * @param allowRemote Whether others than this machine may connect. Risk: a server that is made for trying things out
     *     is on the network.
     */
    record Dev(
            @DefaultValue("false") boolean enabled,
            @DefaultValue(".mtls-dev") Path directory,
            @DefaultValue Map<String, List<String>> members,
            @DefaultValue List<String> hosts,
            @DefaultValue("false") boolean allowRemote) {}
}
