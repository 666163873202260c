package io.mtls.revocation;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The operator's immediate stop: certificates that are refused whatever their CA says, from the next request on.
 *
 * <p>It is no {@link RevocationSource}, because it can only refuse: a certificate that is not on it may still be revoked. It
 * holds for every certificate of a path, the trust anchor and pinned certificates included: to deny a CA's certificate is
 * to deny all that was issued by it.
 *
 * <p>A file has one certificate a line, by the SHA-256 of its DER or by serial number and issuer, in hexadecimal, case and
 * colons as you like; the issuer as RFC 4514 writes it. Empty lines and what begins with {@code #} count for nothing.
 *
 * <pre>
 * # stolen laptop, 2026-03-01
 * sha256:6f1ed002ab5595859014ebf0951522d9a1f0f1f2b8a3a7a3c7b1d4f0e2c3b4a5
 * serial:7E:13:D7:01 issuer:CN=Acme Issuing CA,O=Acme
 * </pre>
 *
 * <p>The file is looked at several times a second, and a change is in force within one. A file that cannot be read or has a
 * mistake in it changes nothing: what was denied before stays denied, and an event says so. Write a new file and rename it
 * over the old one; one that is written in place may be read half.
 *
 * <p>Safe for use by many threads.
 */
public final class DenyList implements AutoCloseable {

    /** A hundred thousand fingerprints and their comments. */
    private static final long MAX_FILE_BYTES = 16 << 20;

    private static final Pattern FINGERPRINT = Pattern.compile("sha256:([0-9a-f]{64})");
    private static final Pattern SERIAL = Pattern.compile("serial:([0-9a-f]{1,40})\\s+issuer:\\s*(\\S.*)");

    private final @Nullable FileWatch watch;
    private volatile Set<String> byFile = Set.of();
    private volatile Set<String> byCode = Set.of();

    private DenyList(@Nullable FileWatch watch) {
        this.watch = watch;
    }

    /** A list that only code adds to. It does not outlive the process. */
    public static DenyList inMemory() {
        return new DenyList(null);
    }

    /**
     * A list that is read from a file, now and whenever it changes; code can add to it.
     *
     * @param events told of each version that is in force, and of each that could not be read
     * @throws IllegalArgumentException if the file cannot be read or has a mistake in it; the message says where
     */
    public static DenyList watching(Path file, Consumer<RevocationEvent> events) {
        DenyList list = new DenyList(new FileWatch("mtls-deny-list"));
        Object state = FileWatch.stateOf(file);
        list.byFile = read(file);
        if (list.watch != null) {
            list.watch.watch(file, state, () -> list.reload(file, events));
        }
        return list;
    }

    private void reload(Path file, Consumer<RevocationEvent> events) {
        try {
            byFile = read(file);
        } catch (IllegalArgumentException e) {
            events.accept(new RevocationEvent(
                    RevocationEvent.Kind.LOAD_FAILED,
                    file.toString(),
                    e.getMessage() + "; what was denied before stays denied"));
            return;
        }
        events.accept(new RevocationEvent(
                RevocationEvent.Kind.LOADED, file.toString(), byFile.size() + " certificates denied"));
    }

    /** Denies this certificate, and if it is a CA's all that it issued, from the next request on. */
    public void deny(X509Certificate certificate) {
        change(set -> add(set, fingerprint(certificate)));
    }

    /** Takes back {@link #deny(X509Certificate)}. What a file says stays. */
    public void allowAgain(X509Certificate certificate) {
        change(set -> {
            set.remove(fingerprint(certificate));
            return set;
        });
    }

    /** Denies the certificate that this CA gave this serial number. */
    public void deny(X500Principal issuer, BigInteger serial) {
        change(set -> add(set, entry(issuer, serial)));
    }

    /** Takes back {@link #deny(X500Principal, BigInteger)}. What a file says stays. */
    public void allowAgain(X500Principal issuer, BigInteger serial) {
        change(set -> {
            set.remove(entry(issuer, serial));
            return set;
        });
    }

    private static Set<String> add(Set<String> set, String entry) {
        set.add(entry);
        return set;
    }

    private synchronized void change(UnaryOperator<Set<String>> change) {
        byCode = Set.copyOf(change.apply(new HashSet<>(byCode)));
    }

    /** Whether this certificate is denied. */
    public boolean denies(X509Certificate certificate) {
        return denies(keysOf(certificate));
    }

    /** The same, by {@link #keysOf}: allocates nothing. */
    public boolean denies(List<String> keys) {
        Set<String> file = byFile;
        Set<String> code = byCode;
        if (file.isEmpty() && code.isEmpty()) {
            return false;
        }
        for (int i = 0; i < keys.size(); i++) {
            if (file.contains(keys.get(i)) || code.contains(keys.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** Under which entries a certificate can be on a list; to be computed once. */
    public static List<String> keysOf(X509Certificate certificate) {
        return List.of(
                fingerprint(certificate), entry(certificate.getIssuerX500Principal(), certificate.getSerialNumber()));
    }

    private static Set<String> read(Path file) {
        List<String> lines;
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new IllegalArgumentException(file + ": longer than " + MAX_FILE_BYTES + " bytes");
            }
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + ": expected text in UTF-8", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    file + ": the deny list cannot be read (" + e.getClass().getSimpleName()
                            + "). An empty file denies nobody",
                    e);
        }
        Set<String> entries = new HashSet<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                entries.add(parsed(line, file + ", line " + (i + 1)));
            }
        }
        return Set.copyOf(entries);
    }

    private static String parsed(String line, String place) {
        int issuerAt = line.toLowerCase(Locale.ROOT).indexOf("issuer:");
        String id = issuerAt < 0 ? line : line.substring(0, issuerAt);
        String kind = id.substring(0, id.indexOf(':') + 1);
        String normal = (kind + id.substring(kind.length()).replace(":", "")).toLowerCase(Locale.ROOT)
                + (issuerAt < 0 ? "" : "issuer:" + line.substring(issuerAt + "issuer:".length()));
        Matcher fingerprint = FINGERPRINT.matcher(normal);
        if (fingerprint.matches()) {
            return normal;
        }
        Matcher serial = SERIAL.matcher(normal);
        if (serial.matches()) {
            try {
                return entry(new X500Principal(serial.group(2)), new BigInteger(serial.group(1), 16));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        place + ": the issuer is not a name as RFC 4514 writes it, such as CN=Acme CA,O=Acme", e);
            }
        }
        throw new IllegalArgumentException(
                place + ": expected 'sha256:' and 64 hexadecimal digits, or 'serial:<hexadecimal> issuer:<name>'");
    }

    private static String entry(X500Principal issuer, BigInteger serial) {
        return "serial:" + serial.toString(16) + " issuer:" + issuer.getName(X500Principal.CANONICAL);
    }

    private static String fingerprint(X509Certificate certificate) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("The certificate has no encoding", e);
        }
    }

    /** Looks at the file no more; what is denied stays denied. */
    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
    }
}
