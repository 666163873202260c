package io.mtls.spring;

import static io.mtls.spring.MtlsConfigurationException.checked;

import io.mtls.MtlsListener;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.ServerStapling;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The OCSP answers for the server's own certificates, where {@code mtls.stapling} asks for them. */
final class ServerStaple implements AutoCloseable {

    private final MtlsProperties.Stapling properties;
    private final List<Supplier<BundleKeys>> presented = new CopyOnWriteArrayList<>();
    private final @Nullable OcspSource ocsp;
    private final @Nullable ServerStapling stapling;

    /**
     * Has to be there before any context is made.
     *
     * @param storage where what outlives a restart is kept: these answers in a directory of their own below it
     * @throws MtlsConfigurationException if stapling is on and something in this JVM contradicts it
     */
    ServerStaple(MtlsProperties.Stapling properties, @Nullable Path storage, MtlsListener listener) {
        this.properties = properties;
        if (!properties.enabled()) {
            this.ocsp = null;
            this.stapling = null;
            return;
        }
        OcspSource source = source(properties.responder(), storage, listener);
        try {
            this.stapling =
                    ServerStapling.start(this::queries, source, InstantSource.system(), listener.ofRevocation());
            this.ocsp = source;
        } catch (IllegalStateException e) {
            source.close();
            throw new MtlsConfigurationException(
                    "Stapling is on (mtls.stapling.enabled), but cannot work in this JVM: " + e.getMessage() + ".",
                    "Do so, or set mtls.stapling.enabled=false.");
        }
    }

    private static OcspSource source(@Nullable URI responder, @Nullable Path storage, MtlsListener listener) {
        OcspSource.Builder builder = OcspSource.builder().events(listener.ofRevocation());
        if (responder != null) {
            checked("mtls.stapling.responder", () -> builder.responder(responder));
        }
        if (storage != null) {
            builder.storage(storage.resolve("stapling"));
        }
        OcspSource source = checked("mtls.revocation.storage", builder::build);
        source.prepare(List.of());
        return source;
    }

    boolean isOn() {
        return stapling != null;
    }

    /**
     * The same keys.
     *
     * @throws MtlsConfigurationException if stapling is on and could never work for one of their certificates
     */
    BundleKeys required(BundleKeys keys, String place) {
        if (isOn()) {
            try {
                queries(keys);
            } catch (IllegalArgumentException e) {
                throw new MtlsConfigurationException(
                        "Stapling is on (mtls.stapling.enabled), but not possible. " + place + ": " + e.getMessage()
                                + ".",
                        "Do so (the responder is mtls.stapling.responder), or set mtls.stapling.enabled=false.");
            }
        }
        return keys;
    }

    /** From now on these are presented, as they are at each moment. */
    void presents(Supplier<BundleKeys> keys) {
        presented.add(keys);
        look();
    }

    /** For when a certificate was replaced: its answer is fetched at once. */
    void look() {
        if (stapling != null) {
            stapling.look();
        }
    }

    private List<RevocationQuery> queries() {
        return presented.stream()
                .flatMap(keys -> queries(keys.get()).stream())
                .distinct()
                .toList();
    }

    private List<RevocationQuery> queries(BundleKeys keys) {
        return keys.chains().stream()
                .map(chain -> ServerStapling.queryFor(chain, properties.responder() != null))
                .toList();
    }

    @Override
    public void close() {
        if (stapling != null) {
            stapling.close();
        }
        if (ocsp != null) {
            ocsp.close();
        }
    }
}
