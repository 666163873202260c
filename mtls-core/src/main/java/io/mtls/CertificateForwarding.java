package io.mtls;

import io.mtls.proxy.ForwardedCertificates;
import io.mtls.proxy.ForwardedCertificates.Dialect;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells the next service on whose behalf this application calls it, in the headers that it reads: what the class for
 * each client library, named {@code ...CertificateForwarding}, shares. They take {@link #RFC9440} unless told otherwise.
 *
 * <p>Two things belong together: each header of the outgoing request that {@link #isStripped} is removed, also where
 * there is no caller, and then those of {@link #headers} are set. So what a caller sent under these names goes no
 * further, and the next service sees only certificates that were verified here.
 *
 * <p>Not done:
 *
 * <ul>
 *   <li>Authenticating this application. It does that itself by its own certificate, in the TLS settings of its client
 *       ({@link MutualTls#clientContext(java.util.function.Supplier)}), and the next service has to know it by that as a
 *       proxy ({@link TrustedProxies.Builder#certificates}). There this application may then speak as anybody.
 *   <li>Speaking for the caller for longer than a request. A {@link ClientIdentity} out of a session, a field or a queue
 *       was verified once and may be revoked now. The next service verifies in full, by its own rules, and may refuse.
 *   <li>Choosing who is told. Use a client that calls this service only, and follows no redirects: some libraries take
 *       the headers along to wherever one leads.
 *   <li>Fitting it in. A chain takes some kilobytes of headers, of which servers often allow eight.
 * </ul>
 */
public enum CertificateForwarding {
    /** {@code Client-Cert}, and {@code Client-Cert-Chain} where there are intermediates. */
    RFC9440,
    /**
     * Envoy's {@code X-Forwarded-Client-Cert}: one element, with the hash, the certificate and the chain, and in none of
     * them a name. It takes about twice the room.
     */
    XFCC;

    /** The name of the request's property or attribute in which client libraries are given the {@link ClientIdentity}. */
    public static final String CALLER = "io.mtls.caller";

    private static final ForwardedCertificates STRIPPED = ForwardedCertificates.of(
            Stream.of(Dialect.values())
                    .filter(Dialect::hasHeadersOfItsOwn)
                    .flatMap(dialect -> ForwardedCertificates.of(dialect, List.of()).headers().stream())
                    .collect(Collectors.toUnmodifiableSet()),
            values -> {
                throw new IllegalStateException("Only for its names");
            });

    /**
     * Whether an outgoing request may not have this header but by us: some reader could take it for one of ours, whatever
     * the format. Those are the headers of every dialect that has names of its own; what nginx, HAProxy or httpd are told
     * to write has any name, and is not known here.
     */
    public static boolean isStripped(String header) {
        return STRIPPED.isAlias(header);
    }

    /**
     * The headers to set.
     *
     * <p>They hold the path as it was verified, not what the caller presented, and without its trust anchor, which the
     * next service has to have itself (RFC 9440 section 2.3); a pinned certificate is its own anchor and is sent. No more
     * than ten, which is what is read: of a longer path the next service has to know the last intermediate.
     *
     * @param caller of the request that is being served; null for an anonymous one
     * @return empty where there is no caller
     */
    public Map<String, String> headers(@Nullable ClientIdentity caller) {
        if (caller == null) {
            return Map.of();
        }
        List<X509Certificate> path = caller.path().certificates();
        int withoutAnchor = Math.max(1, path.size() - 1);
        List<X509Certificate> chain = path.subList(0, Math.min(withoutAnchor, PathFinder.MAX_CHAIN_LENGTH));
        return switch (this) {
            case RFC9440 -> ForwardedCertificates.toRfc9440(chain);
            case XFCC -> ForwardedCertificates.toXfcc(chain);
        };
    }
}
