package io.mtls;

import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whom to trust and which paths to guard, read from a properties file in UTF-8.
 *
 * <pre>
 * issuer.acme.anchors                = acme-root.crt
 * revocation.sources                 = ocsp, crl
 * issuer.acme.roles.alice            = operator
 * issuer.acme.role-rule.1            = subject:OU = Audit -&gt; auditor
 * path./public/*                     = none
 * path./admin/*                      = need operator
 * </pre>
 *
 * <table>
 * <caption>For each issuer, after {@code issuer.} and its name</caption>
 * <tr><td>{@code anchors}</td><td>PEM files of its CA certificates, separated by commas</td></tr>
 * <tr><td>{@code pinned}</td><td>PEM files of end-entity certificates that are trusted by themselves; this or {@code
 * anchors} is required</td></tr>
 * <tr><td>{@code verified-by-proxy}</td><td>{@code true} instead of both: {@link TrustAnchors#verifiedByProxy}, which needs
 * {@code revocation.allow-unchecked} of this issuer, too</td></tr>
 * <tr><td>{@code intermediates}</td><td>PEM files of CA certificates that clients may leave out</td></tr>
 * <tr><td>{@code principal}</td><td>where the name stands, as {@link CertificateField#parse} reads it</td></tr>
 * <tr><td>{@code principal-prefix}</td><td>stands before each name</td></tr>
 * <tr><td>{@code members}</td><td>only these are let in: names or {@code sha256:} fingerprints</td></tr>
 * <tr><td>{@code roles.<principal>}</td><td>the roles of one principal, by its name with the prefix</td></tr>
 * <tr><td>{@code role-rule.<any>}</td><td>{@code subject:OU = Audit -> auditor} for an equal value, {@code subject:OU ~
 * build-* -> builder} for a matching one ({@link RoleRule#glob}), {@code subject:OU -> auditor, builder} for values that
 * are the roles' own names</td></tr>
 * </table>
 *
 * <table>
 * <caption>After {@code policy.}, each named like the option of {@link PathPolicy.Builder} that it sets</caption>
 * <tr><td>numbers</td><td>{@code max-intermediates}, {@code min-rsa-bits}, {@code allow-small-rsa-keys}</td></tr>
 * <tr><td>a duration, {@code 90d}, {@code 12h} or ISO 8601</td><td>{@code max-lifetime}</td></tr>
 * <tr><td>OIDs</td><td>{@code require-policies}, {@code allow-signature-algorithms}</td></tr>
 * <tr><td>{@code true} or {@code false}</td><td>{@code allow-missing-extended-key-usage}, {@code
 * allow-any-extended-key-usage}, {@code allow-ca-as-client}, {@code allow-dsa-keys}</td></tr>
 * </table>
 *
 * <table>
 * <caption>After {@code revocation.}, for all issuers, or after {@code issuer.<name>.revocation.}, for one and instead of
 * those for all. One of the first two is required; what is said for all and read by no issuer is refused</caption>
 * <tr><td>{@code sources}</td><td>{@code ocsp}, {@code crl} or both, in the order in which they are asked</td></tr>
 * <tr><td>{@code allow-unchecked}</td><td>{@code true}: revoked certificates are accepted</td></tr>
 * <tr><td>{@code grace}, {@code allow-unknown}, {@code allow-unchecked-issuers}</td><td>as {@link RevocationPolicy.Builder}
 * has them; what may be unknown is any of {@code no-answer, unreachable, expired, unverifiable,
 * unknown-to-responder}</td></tr>
 * <tr><td>{@code ocsp.responders}, {@code ocsp.aia}, {@code ocsp.nonce}, {@code ocsp.deadline}</td><td>as {@link
 * io.mtls.revocation.OcspSource.Builder} has them; {@code aia = false} leaves out the addresses in certificates</td></tr>
 * <tr><td>{@code crl.files}, {@code crl.directories}, {@code crl.urls}, {@code crl.distribution-points}, {@code
 * crl.deadline}, {@code crl.max-bytes}</td><td>as {@link io.mtls.revocation.CrlSource.Builder} has them; distribution
 * points are used unless others are named</td></tr>
 * <tr><td>{@code storage}</td><td>a directory in which answers and lists outlive a restart; for all issuers
 * only</td></tr>
 * </table>
 *
 * <table>
 * <caption>After {@code proxies.}, where callers come by proxies that terminate TLS ({@link TrustedProxies}). What they
 * forward is verified by the issuers above</caption>
 * <tr><td>{@code format}</td><td>a {@link ForwardedCertificates.Dialect}: {@code rfc9440}, {@code nginx}... Nothing is read
 * without it</td></tr>
 * <tr><td>{@code headers}</td><td>the names of the headers, where the format leaves them to the proxy's
 * configuration</td></tr>
 * <tr><td>{@code addresses}</td><td>addresses and ranges from which proxies connect; this or {@code issuer} is required,
 * and both hold where both are given</td></tr>
 * <tr><td>{@code issuer.<name>.<setting>}</td><td>whose certificates proxies present: {@code anchors}, {@code pinned},
 * {@code intermediates}, {@code principal} and {@code revocation} as above; and {@code members}, which is required beside
 * {@code anchors}, since who is a proxy can speak as anybody</td></tr>
 * <tr><td>{@code ignore-from-others}</td><td>{@code true}: such headers of others are ignored and not refused</td></tr>
 * </table>
 *
 * <p>{@code deny-list} names a file of certificates that are refused at once ({@link DenyList}). {@code
 * allow-misdirected-requests = true} is {@link ClientAuthenticator#allowMisdirectedRequests}.
 *
 * <p>After {@code path.} stands a pattern of {@link PathRules}, and the value is {@code none}, {@code want} or {@code
 * need}, with roles after the latter two. Files are relative to the directory of the properties file. In a key, write
 * {@code \:} for a colon, {@code \=} for an equals sign and {@code \ } for a space, as always in such files.
 *
 * <p>What is unknown, given twice, or cannot be read is an {@link IllegalArgumentException} that names the file, the key,
 * what was found and what is expected: a typing mistake must not be a hole. Not done: environment variables; looking at this
 * file again when it changes (the CRLs and the deny list that it names are looked at).
 */
public final class MtlsConfiguration implements AutoCloseable {

    private final List<TrustedIssuer> issuers;
    private final PathPolicy policy;
    private final PathRules pathRules;
    private final @Nullable DenyList denyList;
    private final @Nullable ProxySettings proxies;
    private final List<TrustedIssuer> proxyIssuers;
    private final boolean misdirectedAllowed;
    private final InstantSource clock;
    private final MtlsListener listener;
    private final List<AutoCloseable> sources;

    MtlsConfiguration(
            List<TrustedIssuer> issuers,
            PathPolicy policy,
            PathRules pathRules,
            @Nullable DenyList denyList,
            @Nullable ProxySettings proxies,
            List<TrustedIssuer> proxyIssuers,
            boolean misdirectedAllowed,
            InstantSource clock,
            MtlsListener listener,
            List<AutoCloseable> sources) {
        this.issuers = List.copyOf(issuers);
        this.policy = policy;
        this.pathRules = pathRules;
        this.denyList = denyList;
        this.proxies = proxies;
        this.proxyIssuers = List.copyOf(proxyIssuers);
        this.misdirectedAllowed = misdirectedAllowed;
        this.clock = clock;
        this.listener = listener;
        this.sources = List.copyOf(sources);
    }

    /**
     * Reads a file, and the certificates that it names, and sets the sources of revocation data to work.
     *
     * @param clock the time, also for the {@link #authenticator}
     * @param listener told what becomes of these sources, and what the authenticator decides
     * @throws IllegalArgumentException if anything is missing or wrong; the message says where and what to write
     */
    public static MtlsConfiguration read(Path file, InstantSource clock, MtlsListener listener) {
        return new ConfigurationFile(file, clock, listener).read();
    }

    /** In the order of the file; never empty. */
    public List<TrustedIssuer> issuers() {
        return issuers;
    }

    /** {@link PathPolicy#defaults()} where the file says nothing. */
    public PathPolicy policy() {
        return policy;
    }

    /** Every path {@link AccessRule#STRICTEST} where the file says nothing. */
    public PathRules pathRules() {
        return pathRules;
    }

    /** A new verifier for these issuers by this policy, which asks the sources of revocation data that were set to work. */
    public ClientCertificateVerifier verifier() {
        return verifierOf(issuers);
    }

    /** A new authenticator for callers of these issuers, who connect themselves or by the proxies that the file trusts. */
    public ClientAuthenticator authenticator() {
        ClientCertificateVerifier callers = verifier();
        ClientAuthenticator strict = new ClientAuthenticator(() -> callers, clock, listener);
        ClientAuthenticator direct = misdirectedAllowed ? strict.allowMisdirectedRequests() : strict;
        if (proxies == null) {
            return direct;
        }
        ClientCertificateVerifier ofProxies = proxyIssuers.isEmpty() ? null : verifierOf(proxyIssuers);
        return direct.behind(proxies.proxies(() -> callers, ofProxies == null ? null : () -> ofProxies));
    }

    ClientCertificateVerifier verifierOf(List<TrustedIssuer> trusted) {
        ClientCertificateVerifier.Builder builder =
                ClientCertificateVerifier.builder(trusted).policy(policy);
        return (denyList == null ? builder : builder.denyList(denyList)).build();
    }

    /** Ends the refreshing of revocation data; verifiers made here then refuse once what is known is too old. */
    @Override
    public void close() {
        closeAll(sources);
    }

    static void closeAll(List<AutoCloseable> sources) {
        for (AutoCloseable source : sources) {
            try {
                source.close();
            } catch (Exception e) {
                System.getLogger("io.mtls").log(System.Logger.Level.WARNING, "A source could not be closed", e);
            }
        }
    }
}
