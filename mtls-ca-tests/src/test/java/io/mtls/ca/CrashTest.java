package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.fail;

import io.mtls.ca.FaultyFileSystem.Death;
import io.mtls.ca.FaultyFileSystem.Fault;
import io.mtls.ca.IssuedCertificate.Kind;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CRLEntryHolder;
import org.bouncycastle.cert.X509CRLHolder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each operation is cut short at each of its changes to the disk: afterwards it is wholly there or wholly not, and everything
 * before it is as it was.
 */
class CrashTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final CaSettings SETTINGS = CaSettings.named("Acme");
    private static final SettableClock CLOCK = new SettableClock(NOW);
    private static final KeyPair REQUESTER = KeyType.P256.generate();

    /** Nobody should have to change so much at once. */
    private static final int MOST_CHANGES = 200;

    @TempDir
    static Path home;

    /** A CA in use: with members of each kind, one revoked after the last list, one on hold. */
    private static Snapshot base;

    private static Path directory;

    /** The same one, opened by a process that lives. */
    private static Path healthy;

    enum Operation {
        CREATE(ca -> {}),
        ISSUE(ca -> ca.issue(Member.client("zoe"))),
        ISSUE_BY_REQUEST(ca -> ca.issue(Member.server("zoe.example"), request())),
        RENEW(ca -> ca.renew("alice")),
        RENEW_BY_REQUEST(ca -> ca.renew("carol", request())),
        REVOKE(ca -> ca.revoke(serial(ca, "alice"), RevocationReason.KEY_COMPROMISE)),
        HOLD(ca -> ca.revoke(serial(ca, "alice"), RevocationReason.CERTIFICATE_HOLD)),
        RELEASE(ca -> ca.release(serial(ca, "frank"))),
        CRL(ca -> ca.crl("issuing-1")),
        OBTAIN(ca -> ca.obtain(Member.server("zoe.example"))),
        ROTATE_ISSUING(ca -> ca.rotateIssuing(null)),
        ROTATE_ROOT(ca -> ca.rotateRoot(null, null)),
        REVOKE_ISSUING(ca -> ca.revokeIssuing("issuing-1", RevocationReason.SUPERSEDED, null)),
        RENEW_ROOT_CRL(ca -> ca.renewRootCrl("root-1", null)),
        RESPONDER(ca -> ca.responder("issuing-1"));

        @SuppressWarnings("ImmutableEnumChecker") // none of them captures anything
        private final java.util.function.Consumer<CertificateAuthority> action;

        Operation(java.util.function.Consumer<CertificateAuthority> action) {
            this.action = action;
        }

        Snapshot before() {
            return this == CREATE ? new Snapshot(Map.of()) : base;
        }

        /** Lists are no state: each is replaced by itself, and signed again when it does not fit. */
        boolean publishes() {
            return this == CRL || this == RENEW_ROOT_CRL;
        }

        boolean remakes(String file) {
            return publishes() && file.startsWith("crl/") && file.endsWith(".crl");
        }

        /** Ready to be done. */
        Runnable on(Path path) {
            if (this == CREATE) {
                return () -> CertificateAuthority.create(path, SETTINGS, null, CLOCK);
            }
            CertificateAuthority ca = CertificateAuthority.open(path, CLOCK);
            return () -> action.accept(ca);
        }

        private static CertificationRequest request() {
            return CertificationRequest.parse(Requests.of(REQUESTER));
        }
    }

    @BeforeAll
    static void a_ca_in_use() throws IOException {
        directory = home.resolve("ca");
        healthy = new FaultyFileSystem(FileSystems.getDefault()).path(directory);
        CertificateAuthority ca = CertificateAuthority.create(healthy, SETTINGS, null, CLOCK);
        ca.issue(Member.client("alice"));
        ca.obtain(Member.client("dave"));
        ca.issue(Member.client("carol"), Operation.request());
        ca.issue(Member.server("localhost"));
        ca.issue(Member.client("frank"));
        ca.issue(Member.client("erin"));
        ca.revoke(serial(ca, "frank"), RevocationReason.CERTIFICATE_HOLD);
        ca.crl("issuing-1");
        CLOCK.advance(Duration.ofMinutes(1));
        ca.revoke(serial(ca, "erin"), RevocationReason.KEY_COMPROMISE);
        base = Snapshot.of(directory);
        intact(new Snapshot(Map.of()));
        listsAgree();
        base.restore(directory);
    }

    private static BigInteger serial(CertificateAuthority ca, String name) {
        List<IssuedCertificate> all = ca.named(name);
        return all.get(all.size() - 1).serial();
    }

    @ParameterizedTest
    @EnumSource
    void who_dies_between_two_changes_leaves_all_or_nothing(Operation operation) throws IOException {
        dies(operation, Fault.DEATH);
    }

    @ParameterizedTest
    @EnumSource
    void who_dies_within_a_write_leaves_all_or_nothing(Operation operation) throws IOException {
        dies(operation, Fault.DEATH_WITHIN_WRITE);
    }

    @ParameterizedTest
    @EnumSource(names = {"CREATE", "ISSUE", "RENEW", "REVOKE", "CRL", "ROTATE_ROOT"})
    void when_the_power_fails_all_or_nothing_is_left(Operation operation) throws IOException {
        dies(operation, Fault.POWER_FAILURE);
    }

    private static void dies(Operation operation, Fault fault) throws IOException {
        Outcomes outcomes = outcomes(operation);
        for (int n = 1; n < MOST_CHANGES; n++) {
            operation.before().restore(directory);
            FaultyFileSystem faulty = new FaultyFileSystem(FileSystems.getDefault());
            Runnable action = operation.on(faulty.path(directory));
            faulty.arm(fault, n);
            try {
                action.run();
                assertThat(faulty.hasStruck()).isFalse();
                assertThat(n).as("changes").isGreaterThan(1);
                return;
            } catch (Death expected) {
                outcomes.reopened(operation + ", " + fault + " at change " + n);
            }
        }
        fail("does it never end?");
    }

    @ParameterizedTest
    @EnumSource(names = {"ISSUE", "REVOKE", "ROTATE_ISSUING"})
    void who_dies_while_clearing_up_after_who_died_leaves_it_to_the_next_one(Operation operation) throws IOException {
        for (int n = 1; n < MOST_CHANGES; n++) {
            operation.before().restore(directory);
            FaultyFileSystem faulty = new FaultyFileSystem(FileSystems.getDefault());
            Runnable action = operation.on(faulty.path(directory));
            faulty.arm(Fault.DEATH, n);
            try {
                action.run();
                return;
            } catch (Death expected) {
                Snapshot crashed = Snapshot.of(directory);
                clearUp(healthy);
                Snapshot clear = Snapshot.of(directory);
                for (int m = 1; diesOpening(crashed, m); m++) {
                    clearUp(healthy);
                    assertThat(Snapshot.of(directory).differences(clear))
                            .as("%s at change %d, then opening at change %d", operation, n, m)
                            .isEmpty();
                }
            }
        }
        fail("does it never end?");
    }

    private static boolean diesOpening(Snapshot crashed, int m) throws IOException {
        crashed.restore(directory);
        FaultyFileSystem faulty = new FaultyFileSystem(FileSystems.getDefault());
        faulty.arm(Fault.DEATH, m);
        try {
            clearUp(faulty.path(directory));
            return false;
        } catch (Death expected) {
            return true;
        }
    }

    /** What each opening begins with: it takes the lock, and clears up. */
    private static void clearUp(Path path) {
        CertificateAuthority.store(path);
    }

    @ParameterizedTest
    @EnumSource(names = {"CREATE", "ISSUE", "RENEW", "REVOKE", "CRL", "OBTAIN", "ROTATE_ROOT"})
    void a_full_disk_is_told_and_changes_nothing(Operation operation) throws IOException {
        fails(operation, Fault.DISK_FULL);
    }

    @ParameterizedTest
    @EnumSource(names = {"ISSUE", "REVOKE", "CRL", "ROTATE_ISSUING"})
    void what_fails_once_is_told_and_can_be_done_again(Operation operation) throws IOException {
        fails(operation, Fault.ONE_ERROR);
    }

    private static void fails(Operation operation, Fault fault) throws IOException {
        Outcomes outcomes = outcomes(operation);
        for (int n = 1; n < MOST_CHANGES; n++) {
            String where = operation + ", " + fault + " at change " + n;
            operation.before().restore(directory);
            FaultyFileSystem faulty = new FaultyFileSystem(FileSystems.getDefault());
            Runnable action = operation.on(faulty.path(directory));
            faulty.arm(fault, n);
            try {
                action.run();
                if (!faulty.hasStruck()) {
                    return;
                }
                assertThat(outcomes.isAfter(where)).as(where).isTrue();
            } catch (CaException e) {
                assertThat(e).as(where).hasMessageContaining("No space left on device");
                faulty.disarm();
                if (String.valueOf(e.getMessage()).contains("was changed, but")) {
                    assertThat(outcomes.isAfter(where)).as(where).isTrue();
                } else {
                    assertThat(outcomes.isBefore(where)).as(where + ": " + e).isTrue();
                    if (n % 4 == 1) {
                        assertThatCode(action::run)
                                .as(where + ", again in the same process")
                                .doesNotThrowAnyException();
                        assertThat(view(operation.before())).as(where).isEqualTo(outcomes.after());
                    }
                }
            }
        }
        fail("does it never end?");
    }

    private static Outcomes outcomes(Operation operation) throws IOException {
        Snapshot before = operation.before();
        before.restore(directory);
        operation.on(healthy).run();
        return new Outcomes(operation, before, view(before), new TreeSet<>());
    }

    private record Outcomes(Operation operation, Snapshot snapshot, Set<String> after, Set<String> tried) {
        /** The directory is as before or as after the operation, and can be worked with. */
        void reopened(String where) throws IOException {
            assertThat((isBefore(where) && operation != Operation.CRL) || isAfter(where))
                    .as(where)
                    .isTrue();
        }

        /** Nothing differs from a state that is known to be good. */
        boolean isBefore(String where) throws IOException {
            clearUp(healthy);
            assertThat(Snapshot.of(directory).files())
                    .as(where)
                    .noneMatch(name -> name.startsWith(".staged") || name.endsWith(".tmp"));
            return Snapshot.of(directory).differences(snapshot).stream()
                    .filter(name -> !Set.of(".lock", ".confirmed").contains(name)
                            && !name.endsWith("/")
                            && !operation.remakes(name))
                    .findAny()
                    .isEmpty();
        }

        boolean isAfter(String where) throws IOException {
            try {
                assertThat(view(snapshot)).as(where).isEqualTo(after);
                intact(snapshot);
                if (operation == Operation.CRL) {
                    listsAgree();
                }
                if (tried.add("goes on")) {
                    again();
                    goesOn();
                }
                return true;
            } catch (RuntimeException e) {
                throw new AssertionError(where, e);
            }
        }

        private void again() {
            try {
                operation.on(healthy).run();
            } catch (CaException e) {
                assertThat(e.mend())
                        .matches("renew it .*, or revoke it first|there is nothing to do|use it, or name another .*");
            }
        }

        private static void goesOn() throws IOException {
            CertificateAuthority ca = CertificateAuthority.open(healthy, CLOCK);
            for (String authority : ca.authorities()) {
                if (authority.startsWith("root-")) {
                    ca.renewRootCrl(authority, null);
                }
            }
            if (ca.list().stream()
                    .anyMatch(each ->
                            each.kind() == Kind.ISSUING && each.revocation().isPresent())) {
                ca.rotateIssuing(null);
            }
            ca.issue(Member.client("next"));
            ca.revoke(serial(ca, "next"), RevocationReason.SUPERSEDED);
            intact(new Snapshot(Map.of()));
            listsAgree();
        }
    }

    /** What the CA in the directory knows and has, in words that are the same however often its operation is done. */
    private static Set<String> view(Snapshot before) throws IOException {
        CertificateAuthority ca = CertificateAuthority.open(healthy, CLOCK);
        Set<String> view = new TreeSet<>();
        String index = before.text("index.txt");
        assertThat(Files.readString(directory.resolve("index.txt"))).startsWith(index);
        Map<String, String> spelled = new HashMap<>();
        for (IssuedCertificate issued : ca.list()) {
            boolean known = index.contains(issued.serialHex());
            spelled.put(issued.serialHex(), known ? issued.serialHex() : issued.kind() + " " + issued.name());
            view.add(spelled.get(issued.serialHex()) + " by " + issued.authority() + " " + issued.revocation());
        }
        view.add(ca.roots().size() + " roots");
        Snapshot now = Snapshot.of(directory);
        for (String file : now.files()) {
            if (file.equals("index.txt") || file.equals(".confirmed") || file.startsWith("crl/issuing-")) {
                continue; // compared above; at most the length of that; made anew when needed
            }
            String name = file;
            for (Map.Entry<String, String> each : spelled.entrySet()) {
                name = name.replace(each.getKey(), each.getValue());
            }
            view.add(name + (now.text(file).equals(before.text(file)) ? " as before" : " is new"));
        }
        return view;
    }

    /** Every file that was changed is the one that the index tells of. */
    private static void intact(Snapshot before) throws IOException {
        CertificateAuthority ca = CertificateAuthority.open(healthy, CLOCK);
        Set<String> changed = Snapshot.of(directory).differences(before);
        for (IssuedCertificate issued : ca.list()) {
            if (issued.kind().isMember()) {
                assertThat(ca.certificate(issued.serial()).getSerialNumber()).isEqualTo(issued.serial());
            }
        }
        for (String file : changed) {
            String name = file.replaceAll("^.*/|\\.[a-z0-9]+$", "");
            if (file.matches("(clients|server)/.*\\.crt")) {
                assertThat(directory.resolve(file)).content().isEqualTo(ca.chainPem(name));
            } else if (file.matches("(clients|server)/.*\\.key")) {
                ca.held(name); // tries whether the key is the certificate's
            } else if (file.matches("ca/issuing-.*")) {
                ca.issuing(name);
            } else if (file.startsWith("ca/root-")) {
                ca.certificate(name);
            }
        }
        assertThat(directory.resolve("root.crt")).content().isEqualTo(ca.rootsPem());
        assertThat(entries(new X509CRLHolder(ca.crl("root-1"))).keySet())
                .isEqualTo(ca.list().stream()
                        .filter(each -> each.authority().equals("root-1")
                                && each.revocation().isPresent())
                        .map(IssuedCertificate::serial)
                        .collect(Collectors.toSet()));
    }

    private static void listsAgree() throws IOException {
        CertificateAuthority ca = CertificateAuthority.open(healthy, CLOCK);
        for (String authority : ca.authorities()) {
            if (authority.startsWith("issuing-")) {
                listsAgree(ca, authority);
            }
        }
    }

    /** The list has what the index has, the delta makes it from its base, and no number is given twice. */
    private static void listsAgree(CertificateAuthority ca, String authority) throws IOException {
        Path published = directory.resolve("crl/" + authority + ".crl");
        byte[] earlier = Files.exists(published) ? Files.readAllBytes(published) : null;
        byte[] list = ca.crl(authority);
        X509CRLHolder full = new X509CRLHolder(list);
        Map<BigInteger, Integer> expected = new HashMap<>();
        for (IssuedCertificate issued : ca.list()) {
            issued.revocation()
                    .filter(revocation -> issued.authority().equals(authority))
                    .ifPresent(revocation ->
                            expected.put(issued.serial(), revocation.reason().code()));
        }
        assertThat(entries(full)).isEqualTo(expected);
        if (earlier != null && !Arrays.equals(earlier, list)) {
            assertThat(number(full, Extension.cRLNumber))
                    .isGreaterThan(number(new X509CRLHolder(earlier), Extension.cRLNumber));
        }
        X509CRLHolder base = new X509CRLHolder(Files.readAllBytes(directory.resolve("crl/" + authority + "-base.crl")));
        X509CRLHolder delta = new X509CRLHolder(ca.deltaCrl(authority));
        assertThat(number(delta, Extension.cRLNumber)).isEqualTo(number(full, Extension.cRLNumber));
        assertThat(number(delta, Extension.deltaCRLIndicator)).isEqualTo(number(base, Extension.cRLNumber));
        Map<BigInteger, Integer> combined = entries(base);
        entries(delta).forEach((serial, reason) -> {
            if (reason == 8) {
                combined.remove(serial);
            } else {
                combined.put(serial, reason);
            }
        });
        assertThat(combined).isEqualTo(expected);
    }

    private static Map<BigInteger, Integer> entries(X509CRLHolder list) {
        Map<BigInteger, Integer> reasons = new HashMap<>();
        for (Object each : list.getRevokedCertificates()) {
            X509CRLEntryHolder entry = (X509CRLEntryHolder) each;
            Extension reason = entry.getExtension(Extension.reasonCode);
            reasons.put(
                    entry.getSerialNumber(),
                    reason == null
                            ? 0
                            : ASN1Enumerated.getInstance(reason.getParsedValue())
                                    .intValueExact());
        }
        return reasons;
    }

    private static long number(X509CRLHolder list, ASN1ObjectIdentifier extension) {
        return ASN1Integer.getInstance(list.getExtension(extension).getParsedValue())
                .longValueExact();
    }
}
