package io.mtls.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsEvent;
import io.mtls.MtlsListener;
import io.mtls.PathRules;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.contract.RevokingCa.Holder;
import io.mtls.revocation.CrlSource;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/**
 * CAs that revoke, and what a server under test is told of them: an adapter configures {@link #issuers()}, {@link
 * #denyList()} and {@link #rules()} as its users would, or takes the {@link #authenticator()} that is made of them in code.
 */
public final class RevocationFixture implements AutoCloseable {

    /** Of what CAs and servers publish: longer than {@link #clock} is ever ahead. */
    private static final Duration VALIDITY = Duration.ofDays(2);

    /** Sources look for news once an hour at least. */
    private static final Duration UNTIL_NEWS_ARE_DUE = Duration.ofHours(1);

    /** Where it is looked up whether an issuer's certificates are revoked. */
    public enum Lookup {
        /** The responder that clients' certificates name; their issuing CA is not asked for. */
        OCSP,
        /** {@link Issuer#lists()}, for the whole chain. */
        CRL_FILES,
        /** The addresses that certificates name, for the whole chain. */
        DISTRIBUTION_POINTS
    }

    /** Who makes the certificates. */
    enum Maker {
        MTLS_CA,
        OPENSSL
    }

    /**
     * A CA to be trusted.
     *
     * @param name for the configuration; a colon after it makes the prefix of its principals
     * @param lists files with a list each, which change
     */
    public record Issuer(String name, X509Certificate root, Lookup lookup, List<Path> lists) {

        /** Stands before the names of its members. */
        public String principalPrefix() {
            return name + ":";
        }
    }

    private final Path directory;
    private final Pki pki = new Pki(InstantSource.system());
    private final List<MtlsEvent> events = new CopyOnWriteArrayList<>();
    private final Map<Issuer, RevokingCa> authorities = new LinkedHashMap<>();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Path denyList;
    private volatile Duration ahead = Duration.ZERO;

    /** @param directory for files; empty */
    RevocationFixture(Path directory, Set<Lookup> lookups) throws IOException {
        this.directory = directory;
        denyList = Files.writeString(directory.resolve("denied.txt"), "# nobody yet\n");
        try {
            for (Lookup lookup : lookups) {
                add(Maker.MTLS_CA, lookup);
                // Its responder publishes no lists.
                if (lookup != Lookup.DISTRIBUTION_POINTS && OpenSslCa.isInstalled()) {
                    add(Maker.OPENSSL, lookup);
                }
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void add(Maker maker, Lookup lookup) throws IOException {
        String name = (maker + "-" + lookup).toLowerCase(Locale.ROOT).replace('_', '-');
        RevokingCa authority = maker == Maker.MTLS_CA
                ? new MtlsCa(name, VALIDITY)
                : new OpenSslCa(Files.createDirectory(directory.resolve(name)), name);
        open.push(authority);
        List<Path> lists = new ArrayList<>();
        if (lookup == Lookup.CRL_FILES) {
            for (Map.Entry<String, byte[]> list : authority.lists().entrySet()) {
                lists.add(Files.write(directory.resolve(name + "-" + list.getKey()), list.getValue()));
            }
        }
        authorities.put(new Issuer(name, authority.root(), lookup, lists), authority);
    }

    /** The server's own certificate, and what clients trust. */
    public Pki pki() {
        return pki;
    }

    /** By which sources have to decide what is due; all else runs by the system's. It is never behind that. */
    public InstantSource clock() {
        return () -> Instant.now().plus(ahead);
    }

    /** Remembers what it hears, for the tests to look at. */
    public MtlsListener listener() {
        return events::add;
    }

    /** Whom to trust. */
    public List<Issuer> issuers() {
        return List.copyOf(authorities.keySet());
    }

    /** A file that changes. */
    public Path denyList() {
        return denyList;
    }

    /** What {@link Endpoints} says of the paths. */
    public PathRules rules() {
        return Endpoints.rules();
    }

    /** A file of the parts above, for whoever is configured by one; only issuers whose lists are files. */
    public Path propertiesFile() throws IOException {
        StringBuilder lines = new StringBuilder("deny-list = " + denyList + "\npath./public/* = none\n");
        for (Issuer issuer : issuers()) {
            String key = "issuer." + issuer.name() + ".";
            String lists = issuer.lists().stream().map(Path::toString).collect(Collectors.joining(", "));
            lines.append(key + "anchors = " + pem(issuer) + "\n")
                    .append(key + "principal-prefix = " + issuer.principalPrefix() + "\n")
                    .append(key + "revocation.sources = crl\n")
                    .append(key + "revocation.crl.files = " + lists + "\n");
        }
        return Files.writeString(directory.resolve("mtls.properties"), lines);
    }

    private Path pem(Issuer issuer) throws IOException {
        try {
            String base64 = Base64.getMimeEncoder().encodeToString(issuer.root().getEncoded());
            return Files.writeString(
                    directory.resolve(issuer.name() + ".pem"),
                    "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n");
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A new one of the parts above, in code. */
    public ClientAuthenticator authenticator() {
        DenyList denied = DenyList.watching(denyList, listener().ofRevocation());
        open.push(denied);
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        issuers().stream().map(this::trusted).toList())
                .denyList(denied)
                .build();
        return new ClientAuthenticator(() -> verifier, InstantSource.system(), listener());
    }

    private TrustedIssuer trusted(Issuer issuer) {
        return TrustedIssuer.builder(issuer.name(), TrustAnchors.of(issuer.root()))
                .principalPrefix(issuer.principalPrefix())
                .revocation(policy(issuer))
                .build();
    }

    private RevocationPolicy policy(Issuer issuer) {
        if (issuer.lookup() == Lookup.OCSP) {
            OcspSource ocsp = OcspSource.builder()
                    .clock(clock())
                    .events(listener().ofRevocation())
                    .build();
            open.push(ocsp);
            return RevocationPolicy.builder(ocsp).allowUncheckedIssuers().build();
        }
        CrlSource.Builder crl =
                CrlSource.builder().clock(clock()).events(listener().ofRevocation());
        issuer.lists().forEach(crl::file);
        if (issuer.lookup() == Lookup.DISTRIBUTION_POINTS) {
            crl.distributionPoints();
        }
        CrlSource source = crl.build();
        open.push(source);
        return RevocationPolicy.builder(source).build();
    }

    Holder issue(Issuer issuer, String name) throws IOException {
        return authority(issuer).issue(name);
    }

    /** All at once: with the CA, and in its lists that are files. */
    void revoke(Issuer issuer, List<Holder> holders) throws IOException {
        RevokingCa authority = authority(issuer);
        for (Holder holder : holders) {
            authority.revoke(holder);
        }
        if (issuer.lookup() == Lookup.CRL_FILES) {
            for (Map.Entry<String, byte[]> list : authority.lists().entrySet()) {
                replace(directory.resolve(issuer.name() + "-" + list.getKey()), list.getValue());
            }
        }
    }

    private RevokingCa authority(Issuer issuer) {
        return Objects.requireNonNull(authorities.get(issuer));
    }

    /** Nobody else. */
    void deny(List<Holder> holders) throws IOException {
        String lines = holders.stream()
                .map(Holder::certificate)
                .map(certificate -> "serial:" + certificate.getSerialNumber().toString(16) + " issuer:"
                        + certificate.getIssuerX500Principal().getName() + "\n")
                .collect(Collectors.joining());
        replace(denyList, lines.getBytes(UTF_8));
    }

    private void replace(Path file, byte[] content) throws IOException {
        Path written = Files.write(directory.resolve("written"), content);
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Sources that ask now and then will ask now. */
    void makeNewsDue() {
        ahead = ahead.plus(UNTIL_NEWS_ARE_DUE);
    }

    void forgetEvents() {
        events.clear();
    }

    /** Why callers were refused since then, in handshakes and requests. */
    List<String> refusals() {
        return Fixture.refusals(events);
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
