package io.mtls;

import io.mtls.revocation.RevocationQuery;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Remembers verified paths, and for a moment refusals, of one verifier snapshot. Never a status: see
 * {@link ClientCertificateVerifier}.
 *
 * <p>Two levels, because a connector hands out the same certificate objects for the requests of one connection: by
 * object identity, and by the SHA-256 of the chain.
 *
 * <p>Only requests write these. What a handshake has verified waits apart, in a small room of its own, for the request
 * that presents the same chain once the key is proved. No handshake reads it.
 */
final class PathCache {

    /** Paths per generation; there are two. A path of two certificates is about 4 KiB. */
    private static final int MAX_PATHS = 10_000;

    /** Refusals have room of their own, so that strangers do not push out members. */
    private static final int MAX_REFUSALS = 1_000;

    /** Strangers who replay members' chains can fill it, but nothing else; what they push out is verified once more. */
    private static final int MAX_HANDED_OVER = 256;

    /** A connection's first request comes at once, or the path is verified once more. */
    static final Duration HAND_OVER_LIFETIME = Duration.ofSeconds(30);

    /** A refusal may end by itself (a certificate that was not yet valid), so it is soon forgotten. */
    static final Duration REFUSAL_LIFETIME = Duration.ofSeconds(10);

    private static final int IDENTITY_SLOTS = 4096; // a power of two

    private final AtomicReferenceArray<@Nullable SameObjects> byIdentity = new AtomicReferenceArray<>(IDENTITY_SLOTS);
    private final Generations<VerifiedPath> paths = new Generations<>(MAX_PATHS);
    private final Generations<Passing<Verdict.Rejected>> refusals = new Generations<>(MAX_REFUSALS);
    private final Generations<Passing<VerifiedPath>> handedOver = new Generations<>(MAX_HANDED_OVER);

    private static final class SameObjects {
        private final X509Certificate[] chain;
        private final VerifiedPath path;

        SameObjects(X509Certificate[] chain, VerifiedPath path) {
            this.chain = chain.clone();
            this.path = path;
        }

        @SuppressWarnings("ReferenceEquality") // Identity is the point: equality would cost what it is to spare.
        boolean isFor(X509Certificate[] other) {
            if (chain.length != other.length) {
                return false;
            }
            for (int i = 0; i < chain.length; i++) {
                if (chain[i] != other[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    /** What holds for a moment only. */
    private record Passing<V>(V value, Instant from, Instant until) {

        static <V> Passing<V> of(V value, Instant at, Duration lifetime) {
            return new Passing<>(value, at, at.plus(lifetime));
        }

        static <V> @Nullable V valueAt(Instant at, @Nullable Passing<V> passing) {
            return passing == null || at.isBefore(passing.from) || at.isAfter(passing.until) ? null : passing.value;
        }
    }

    /** The path remembered for these very certificate objects. Allocates nothing. */
    @Nullable
    VerifiedPath path(X509Certificate[] chain) {
        SameObjects entry = byIdentity.get(slot(chain[0]));
        return entry != null && entry.isFor(chain) ? entry.path : null;
    }

    @Nullable
    VerifiedPath path(String fingerprint) {
        return paths.get(fingerprint);
    }

    /** To be called only for a chain whose first certificate's key the client has proved to hold. */
    void remember(X509Certificate[] chain, String fingerprint, VerifiedPath path) {
        paths.put(fingerprint, path);
        byIdentity.set(slot(chain[0]), new SameObjects(chain, path));
    }

    Verdict.@Nullable Rejected refusal(String fingerprint, Instant at) {
        return Passing.valueAt(at, refusals.get(fingerprint));
    }

    /** To be called only for a chain whose first certificate's key the client has proved to hold. */
    void remember(String fingerprint, Verdict.Rejected verdict, Instant at) {
        refusals.put(fingerprint, Passing.of(verdict, at, REFUSAL_LIFETIME));
    }

    /** What a handshake found, before anybody has proved anything, for its request to take: the path, and no status. */
    void handOver(String fingerprint, VerifiedPath path, Instant at) {
        path.queries().forEach(RevocationQuery::endGrace);
        handedOver.put(fingerprint, Passing.of(path, at, HAND_OVER_LIFETIME));
    }

    /** To be called only for a chain whose first certificate's key the client has proved to hold. */
    @Nullable
    VerifiedPath takeHandedOver(String fingerprint, Instant at) {
        return Passing.valueAt(at, handedOver.remove(fingerprint));
    }

    private static int slot(X509Certificate certificate) {
        int hash = System.identityHashCode(certificate);
        return (hash ^ (hash >>> 16)) & (IDENTITY_SLOTS - 1);
    }

    /** SHA-256 over the length-prefixed DER of each certificate, so that no two chains have one in common. */
    static String fingerprint(byte[][] chain) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] der : chain) {
                digest.update(new byte[] {
                    (byte) (der.length >> 24), (byte) (der.length >> 16), (byte) (der.length >> 8), (byte) der.length
                });
                digest.update(der);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    static byte[][] encoded(X509Certificate[] chain) throws CertificateEncodingException {
        byte[][] der = new byte[chain.length][];
        for (int i = 0; i < chain.length; i++) {
            der[i] = chain[i].getEncoded();
        }
        return der;
    }

    /**
     * A bounded map: when the young generation is full it becomes the old one, and what is in the old one and was not put
     * anew goes. Never more than twice the bound; {@code get} takes no lock and changes nothing.
     */
    private static final class Generations<V> {
        private final int bound;
        private volatile ConcurrentHashMap<String, V> young = new ConcurrentHashMap<>();
        private volatile ConcurrentHashMap<String, V> old = new ConcurrentHashMap<>();

        Generations(int bound) {
            this.bound = bound;
        }

        @Nullable
        V get(String key) {
            V value = young.get(key);
            return value != null ? value : old.get(key);
        }

        @Nullable
        V remove(String key) {
            V older = old.remove(key);
            V younger = young.remove(key);
            return younger != null ? younger : older;
        }

        void put(String key, V value) {
            young.put(key, value);
            if (young.size() > bound) {
                synchronized (this) {
                    if (young.size() > bound) {
                        old = young;
                        young = new ConcurrentHashMap<>();
                    }
                }
            }
        }
    }
}
