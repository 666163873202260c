package io.mtls.revocation;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/**
 * JSSE's settings for stapling: system properties, one set for the whole JVM.
 *
 * <p>As JDK 17 to 25 have it, {@code enableStatusRequestExtension} is read when an {@link SSLContext} is made, those below
 * {@code jdk.tls.stapling} at the first handshake of each context whose client asks for a staple, and {@code
 * responseTimeout} in every handshake. So all of them have to stand for as long as the server runs.
 */
final class StaplingProperties implements AutoCloseable {

    private static final String PREFIX = "jdk.tls.stapling.";
    private static final String RESPONDER = PREFIX + "responderURI";
    private static final String TIMEOUT = PREFIX + "responseTimeout";

    /** An exchange within the machine takes less; JSSE's default is 5000. */
    private static final long SHORTEST_TIMEOUT_MILLIS = 100;

    /** Those that were not there before. */
    private final Map<String, String> set;

    private StaplingProperties(Map<String, String> set) {
        this.set = set;
    }

    /**
     * Has JSSE staple what this responder answers.
     *
     * @throws IllegalStateException if that cannot be had here; the message says what to change
     */
    static StaplingProperties pointingAt(URI responder) {
        Map<String, String> wanted = new LinkedHashMap<>();
        wanted.put(RESPONDER, responder.toString()); // First, because it tells that somebody else staples.
        wanted.put("jdk.tls.server.enableStatusRequestExtension", "true");
        wanted.put(PREFIX + "responderOverride", "true");
        wanted.put(PREFIX + "cacheLifetime", "1"); // Seconds, the least: 0 would be for ever.
        wanted.put(PREFIX + "ignoreExtensions", "true"); // What is fetched ahead cannot have a client's nonce.
        requireJsse();
        requireDirectWayTo(responder);
        synchronized (StaplingProperties.class) {
            wanted.forEach(StaplingProperties::requireNothingElse);
            requireTimeToAnswer();
            wanted.keySet().removeIf(name -> System.getProperty(name) != null);
            wanted.forEach(System::setProperty);
        }
        return new StaplingProperties(Map.copyOf(wanted));
    }

    private static void requireNothingElse(String name, String wanted) {
        String found = System.getProperty(name);
        if (found == null || found.equalsIgnoreCase(wanted)) {
            return;
        }
        String remedy = name.equals(RESPONDER)
                ? "Remove it: where to fetch answers is told elsewhere. If another application in this JVM set it, only"
                        + " one of them can have answers fetched ahead, for these settings are the whole JVM's"
                : "Remove it, or set it to '" + wanted + "'";
        throw new IllegalStateException("The system property '" + name + "' is '" + found
                + "', which contradicts stapling with answers that were fetched ahead. " + remedy);
    }

    private static void requireTimeToAnswer() {
        Long millis = Long.getLong(TIMEOUT);
        if (millis != null && millis >= 0 && millis < SHORTEST_TIMEOUT_MILLIS) { // A negative one is the default.
            throw new IllegalStateException("The system property '" + TIMEOUT + "' is '" + millis
                    + "', which leaves no time for an answer to be stapled. Remove it: answers were fetched ahead, and no"
                    + " handshake waits for them");
        }
    }

    private static void requireJsse() {
        String provider;
        try {
            provider = SSLContext.getInstance("TLS").getProvider().getName();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("TLS is not available on this Java platform", e);
        }
        if (!provider.equals("SunJSSE")) {
            throw new IllegalStateException("TLS comes from the security provider '" + provider
                    + "', which does not staple as the JDK's own does. Move SunJSSE before it, or turn stapling off");
        }
    }

    /** JSSE fetches as any HTTP client of the JVM, through its proxy: then a handshake would wait for that. */
    private static void requireDirectWayTo(URI responder) {
        ProxySelector selector = ProxySelector.getDefault();
        List<Proxy> proxies = selector == null ? List.of() : selector.select(responder);
        if (!proxies.isEmpty() && proxies.get(0).address() instanceof InetSocketAddress proxy) {
            throw new IllegalStateException("What this JVM asks of " + responder.getHost() + " goes through the proxy "
                    + proxy.getHostString() + ". Add " + responder.getHost()
                    + " to the system property 'http.nonProxyHosts', which has it unless it is set");
        }
    }

    /** As they were before. A context that has stapled goes on asking, and is told nothing. */
    @Override
    public void close() {
        synchronized (StaplingProperties.class) {
            set.forEach((name, value) -> {
                if (value.equals(System.getProperty(name))) {
                    System.clearProperty(name);
                }
            });
        }
    }
}
