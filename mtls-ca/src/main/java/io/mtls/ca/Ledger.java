package io.mtls.ca;

import io.mtls.ca.IssuedCertificate.Kind;
import io.mtls.ca.IssuedCertificate.Revocation;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a CA signed and revoked, as the lines of its index say.
 *
 * <pre>
 * mtls-ca index 1
 * 2026-11-23T09:00:00Z issued   client alice 7e13...ebbe by issuing-1 from ... to ... key 9f86...0a08 CN=alice,OU=audit 5d3f1c22
 * 2026-11-23T09:01:00Z revoked  7e13...ebbe keyCompromise 0e6a4b11
 * 2026-11-23T09:02:00Z released 7e13...ebbe 77aa0c4f
 * </pre>
 *
 * <p>Fields are separated by tabs. Each line ends with the CRC-32C of the line before's and its own text: a line that
 * somebody changed, took out or put in shows. That is against accidents, not against an enemy who can write there. A last
 * line without its end is being written, or never was, and does not count.
 *
 * <p>Every question first reads what was appended since the last one, by whomever. Safe for use by several threads.
 */
final class Ledger {
    private static final String HEADER = "mtls-ca index 1";
    private static final String ISSUED = "issued";
    private static final String REVOKED = "revoked";
    private static final String RELEASED = "released";
    private static final String NO_CHECK = "00000000";
    private static final String TAB = "\t";
    private static final Map<String, Kind> KINDS =
            Arrays.stream(Kind.values()).collect(Collectors.toMap(Kind::text, kind -> kind));
    private static final Map<String, RevocationReason> REASONS = Arrays.stream(RevocationReason.values())
            .collect(Collectors.toMap(RevocationReason::text, reason -> reason));
    private static final String RESTORE =
            "restore the whole directory from a backup; no certificate is issued or vouched for until then";

    /** Begins the name of a responder, before that of its CA. */
    static final String RESPONDER = "ocsp-";

    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,5}");

    private final Store store;

    private final Map<BigInteger, IssuedCertificate> bySerial = new LinkedHashMap<>();
    private final Map<String, List<BigInteger>> byName = new HashMap<>();
    private final Map<BigInteger, String> keyOf = new HashMap<>();
    private final List<BigInteger> authorities = new ArrayList<>();
    private final Map<String, Set<BigInteger>> revokedBy = new HashMap<>();
    private final Set<String> compromisedKeys = new HashSet<>();
    private final Set<String> signers = new HashSet<>();
    private final Set<String> keysOfAuthorities = new HashSet<>();
    private final Map<String, String> spellings = new HashMap<>();
    private final Map<String, Map<BigInteger, Instant>> releasedBy = new HashMap<>();
    private final Map<String, Integer> revocationChanges = new HashMap<>();

    private Store.@Nullable Extent seen;
    private long end;
    private int lines;
    private String check = NO_CHECK;

    Ledger(Store store) {
        this.store = store;
    }

    /** @throws CaException when a line is damaged */
    private void refresh() {
        Store.Extent now = store.index();
        if (now.equals(seen)) {
            return;
        }
        if (seen != null && seen.length() > 0 && now.length() == 0) {
            throw new CaException(store.describe(Store.INDEX) + " is gone", RESTORE, null);
        }
        long confirmed = store.confirmed();
        boolean grown = seen != null && seen.identity().equals(now.identity()) && now.length() > end;
        if (!grown) {
            forget();
        }
        try {
            read();
        } catch (CaException e) {
            if (!grown) {
                throw e;
            }
            forget(); // perhaps another index was put in place of the one that we knew
            read();
        }
        if (end < confirmed) {
            int last = lines;
            forget();
            throw new CaException(
                    "line " + last + " of " + store.describe(Store.INDEX)
                            + " was not the last one: what followed is missing",
                    RESTORE,
                    null);
        }
        seen = now;
    }

    private void forget() {
        seen = null;
        end = 0;
        lines = 0;
        check = NO_CHECK;
        bySerial.clear();
        byName.clear();
        authorities.clear();
        keyOf.clear();
        revokedBy.clear();
        compromisedKeys.clear();
        signers.clear();
        keysOfAuthorities.clear();
        spellings.clear();
        releasedBy.clear();
        revocationChanges.replaceAll((authority, changes) -> changes + 1);
    }

    private void read() {
        if (store.index().length() == end) {
            return;
        }
        byte[] tail = store.index(end);
        int from = 0;
        for (int i = 0; i < tail.length; i++) {
            if (tail[i] == '\n') {
                line(new String(tail, from, i - from, StandardCharsets.UTF_8));
                end += i + 1 - from;
                from = i + 1;
            }
        }
    }

    private void line(String line) {
        lines++;
        if (lines == 1) {
            if (!line.equals(HEADER)) {
                throw damaged("is not the first line of an index of this version");
            }
            return;
        }
        int tab = line.lastIndexOf('\t');
        String text = line.substring(0, Math.max(0, tab));
        if (tab < 0 || !line.substring(tab + 1).equals(check(check, text))) {
            throw damaged("was changed, or a line before it is missing");
        }
        try {
            apply(text.split(TAB, -1));
        } catch (IllegalArgumentException | DateTimeException | IndexOutOfBoundsException e) {
            throw damaged("cannot be read");
        }
        check = line.substring(tab + 1);
    }

    private void apply(String[] fields) {
        Instant at = instant(fields[0]);
        switch (fields[1]) {
            case ISSUED -> issued(fields);
            case REVOKED -> revoked(serial(fields[2]), new Revocation(at, reason(fields[3])));
            case RELEASED -> released(serial(fields[2]), at);
            default -> throw new IllegalArgumentException(fields[1]);
        }
    }

    private void issued(String[] fields) {
        IssuedCertificate issued = new IssuedCertificate(
                serial(fields[4]),
                fields[5],
                kind(fields[2]),
                fields[3],
                unescaped(fields[9]),
                instant(fields[6]),
                instant(fields[7]),
                Optional.empty());
        requireConsistent(issued);
        if (bySerial.put(issued.serial(), issued) != null) {
            throw new IllegalArgumentException("serial number twice");
        }
        byName.computeIfAbsent(issued.name(), name -> new ArrayList<>()).add(issued.serial());
        keyOf.put(issued.serial(), fields[8]);
        if (!issued.kind().isMember() && issued.kind() != Kind.RESPONDER) {
            authorities.add(issued.serial());
            keysOfAuthorities.add(fields[8]);
        }
        if (issued.kind().isMember()) {
            spellings.putIfAbsent(issued.name().toLowerCase(Locale.ROOT), issued.name());
        }
    }

    /** Names become the names of files, and the names of CAs are told apart by their form. */
    private void requireConsistent(IssuedCertificate issued) {
        String name = issued.name();
        String authority = issued.authority();
        boolean consistent = switch (issued.kind()) {
            case ROOT -> isNumbered(Hierarchy.ROOT, name) && authority.equals(name);
            case ISSUING -> isNumbered(Hierarchy.ISSUING, name) && isNumbered(Hierarchy.ROOT, authority);
            case CROSS -> isNumbered(Hierarchy.ROOT, authority) && name.endsWith(Hierarchy.SIGNED_BY + authority);
            case CLIENT, SERVER -> Member.isName(name);
            case RESPONDER -> name.equals(RESPONDER + authority);
        };
        if (!consistent || (issued.kind() != Kind.ROOT && !signers.contains(authority))) {
            throw new IllegalArgumentException(name);
        }
        if (issued.kind() == Kind.ROOT || issued.kind() == Kind.ISSUING) {
            signers.add(name);
        }
    }

    private static boolean isNumbered(String prefix, String name) {
        return name.startsWith(prefix)
                && NUMBER.matcher(name.substring(prefix.length())).matches();
    }

    private static Kind kind(String text) {
        return known(KINDS, text);
    }

    private static RevocationReason reason(String text) {
        return known(REASONS, text);
    }

    private static <T> T known(Map<String, T> byText, String text) {
        T found = byText.get(text);
        if (found == null) {
            throw new IllegalArgumentException(text);
        }
        return found;
    }

    /** What {@link Instant#toString} writes of whole seconds, in a tenth of the time that {@link Instant#parse} takes. */
    private static Instant instant(String text) {
        if (text.length() != "2026-11-23T09:00:00Z".length() || text.charAt(10) != 'T' || text.charAt(19) != 'Z') {
            return Instant.parse(text); // of another millennium
        }
        return LocalDateTime.of(
                        Integer.parseInt(text, 0, 4, 10),
                        Integer.parseInt(text, 5, 7, 10),
                        Integer.parseInt(text, 8, 10, 10),
                        Integer.parseInt(text, 11, 13, 10),
                        Integer.parseInt(text, 14, 16, 10),
                        Integer.parseInt(text, 17, 19, 10))
                .toInstant(ZoneOffset.UTC);
    }

    private static BigInteger serial(String hex) {
        BigInteger serial = new BigInteger(hex, 16);
        if (serial.signum() <= 0) {
            throw new IllegalArgumentException(hex);
        }
        return serial;
    }

    private void revoked(BigInteger serial, Revocation revocation) {
        change(serial, Optional.of(revocation));
        if (revocation.reason() == RevocationReason.KEY_COMPROMISE) {
            compromisedKeys.add(keyOf.get(serial));
        }
    }

    private void released(BigInteger serial, Instant at) {
        change(serial, Optional.empty());
        releasedBy
                .computeIfAbsent(present(serial).authority(), authority -> new HashMap<>())
                .put(serial, at);
    }

    private IssuedCertificate present(BigInteger serial) {
        IssuedCertificate issued = bySerial.get(serial);
        if (issued == null) {
            throw new IllegalArgumentException("never issued");
        }
        return issued;
    }

    private void change(BigInteger serial, Optional<Revocation> revocation) {
        IssuedCertificate issued = present(serial);
        bySerial.put(serial, issued.with(revocation));
        Set<BigInteger> revoked = revokedBy.computeIfAbsent(issued.authority(), authority -> new HashSet<>());
        if (revocation.isPresent()) {
            revoked.add(serial);
        } else {
            revoked.remove(serial);
        }
        revocationChanges.merge(issued.authority(), 1, Integer::sum);
    }

    private CaException damaged(String fault) {
        return new CaException("line " + lines + " of " + store.describe(Store.INDEX) + " " + fault, RESTORE, null);
    }

    synchronized Optional<IssuedCertificate> find(BigInteger serial) {
        refresh();
        return Optional.ofNullable(bySerial.get(serial));
    }

    /** Oldest first. */
    synchronized List<IssuedCertificate> all() {
        refresh();
        return List.copyOf(bySerial.values());
    }

    /** The certificates of the CA itself, but for responders; oldest first. */
    synchronized List<IssuedCertificate> authorities() {
        refresh();
        return authorities.stream().map(bySerial::get).toList();
    }

    /** Oldest first. */
    synchronized List<IssuedCertificate> named(String name) {
        refresh();
        return byName.getOrDefault(name, List.of()).stream().map(bySerial::get).toList();
    }

    /** What this CA signed and is now revoked or on hold, in no order. */
    synchronized List<IssuedCertificate> revokedBy(String authority) {
        refresh();
        return revokedBy.getOrDefault(authority, Set.of()).stream()
                .map(bySerial::get)
                .toList();
    }

    /** What this CA signed and was on hold once, and when that ended last. */
    synchronized Map<BigInteger, Instant> releasedBy(String authority) {
        refresh();
        return Map.copyOf(releasedBy.getOrDefault(authority, Map.of()));
    }

    /** How a member of this name writes it, but for its case, in which many file systems see no difference. */
    synchronized Optional<String> spelling(String name) {
        refresh();
        return byName.containsKey(name)
                ? Optional.of(name)
                : Optional.ofNullable(spellings.get(name.toLowerCase(Locale.ROOT)));
    }

    /** Whether it is the key of a root or an issuing CA. */
    synchronized boolean isOfAuthority(PublicKey key) {
        refresh();
        return keysOfAuthorities.contains(sha256(key));
    }

    /** Grows whenever {@link #revokedBy} may have changed. */
    synchronized int revocationChanges(String authority) {
        refresh();
        return revocationChanges.getOrDefault(authority, 0);
    }

    /** The certificates of the same key as this one's, itself among them. */
    synchronized List<IssuedCertificate> ofSameKey(BigInteger serial) {
        refresh();
        String key = keyOf.get(serial);
        return bySerial.values().stream()
                .filter(issued -> Objects.equals(keyOf.get(issued.serial()), key))
                .toList();
    }

    /** Whether a certificate of this key was revoked because somebody else has the key. */
    synchronized boolean isCompromised(PublicKey key) {
        refresh();
        return compromisedKeys.contains(sha256(key));
    }

    /** Lines to append to the index as it is; nobody else may append meanwhile. */
    synchronized Lines lines(Instant now) {
        refresh();
        return new Lines(now, lines == 0 ? HEADER + "\n" : "", check);
    }

    /** Lines in the making, each of which knows the one before. */
    static final class Lines {
        private final Instant now;
        private final StringBuilder text;
        private String check;

        private Lines(Instant now, String begin, String check) {
            this.now = now;
            this.text = new StringBuilder(begin);
            this.check = check;
        }

        Lines issued(Kind kind, String name, String authority, X509Certificate certificate) {
            return add(
                    ISSUED,
                    kind.text(),
                    name,
                    IssuedCertificate.hex(certificate.getSerialNumber()),
                    authority,
                    certificate.getNotBefore().toInstant().toString(),
                    certificate.getNotAfter().toInstant().toString(),
                    sha256(certificate.getPublicKey()),
                    escaped(DistinguishedName.subjectOf(certificate).toString()));
        }

        Lines revoked(BigInteger serial, RevocationReason reason) {
            return add(REVOKED, IssuedCertificate.hex(serial), reason.text());
        }

        Lines released(BigInteger serial) {
            return add(RELEASED, IssuedCertificate.hex(serial));
        }

        private Lines add(String event, String... fields) {
            String line = now.truncatedTo(ChronoUnit.SECONDS) + TAB + event + TAB + String.join(TAB, fields);
            check = check(check, line);
            text.append(line).append(TAB).append(check).append('\n');
            return this;
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    private static String check(String before, String text) {
        CRC32C crc = new CRC32C();
        crc.update((before + text).getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    private static String sha256(PublicKey key) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /** Names are others' text: whatever a terminal would act upon, or take for a separator, is written as UTF-16 in hex. */
    private static String escaped(String text) {
        StringBuilder safe = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%' || !isPrintable(c)) {
                safe.append('%').append(HexFormat.of().toHexDigits(c));
            } else {
                safe.append(c);
            }
        }
        return safe.toString();
    }

    private static boolean isPrintable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private static String unescaped(String safe) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < safe.length(); i++) {
            if (safe.charAt(i) == '%') {
                text.append((char) HexFormat.fromHexDigits(safe, i + 1, i + 5));
                i += 4;
            } else {
                text.append(safe.charAt(i));
            }
        }
        return text.toString();
    }
}
