package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyType;
import io.mtls.ca.KeyUsage;
import io.mtls.ca.RevocationReason;
import io.mtls.ca.SettableClock;
import io.mtls.revocation.RevocationEvent.Kind;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import io.mtls.revocation.SignerPaths.SignerPath;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What lists in files mean (RFC 5280 section 6.3.3), and what becomes of changes. PKITS has the rest. */
@Timeout(30)
class CrlSourceTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Instant THEN = NOW.minus(Duration.ofDays(3));
    private static final String SHA1_WITH_RSA = "1.2.840.113549.1.1.5";

    private static final SettableClock FIXED = new SettableClock(NOW);
    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Root").clock(FIXED).build();
    private static final HeldCertificate CA = ROOT.issueCa("CN=CA").clock(FIXED).build();
    private static final HeldCertificate ALICE =
            CA.issueClient("CN=alice").clock(FIXED).build();
    private static final HeldCertificate SUB_CA =
            CA.issueCa("CN=Sub CA").clock(FIXED).build();

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock(NOW);
    private final List<RevocationEvent> events = new CopyOnWriteArrayList<>();
    private final List<CrlSource> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(CrlSource::close);
    }

    @Test
    void a_listed_certificate_is_revoked_and_another_is_good_until_next_update() throws Exception {
        CrlSource source = source(crl().revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE));

        assertThat(status(source, ALICE)).isEqualTo(new Revoked(THEN, "keyCompromise"));
        assertThat(status(source, SUB_CA)).isEqualTo(new Good(NOW.plus(Duration.ofDays(7))));
    }

    @Test
    void the_second_time_the_same_object_answers() throws Exception {
        CrlSource source = source(crl());
        RevocationQuery query = query(ALICE);

        assertThat(source.known(query, NOW)).isInstanceOf(Good.class).isSameAs(source.known(query, NOW));
    }

    @Test
    void a_file_may_be_pem() throws Exception {
        Files.writeString(directory.resolve("ca.pem"), crl().pem());

        assertThat(status(prepared(builder().file(directory.resolve("ca.pem"))), ALICE))
                .isInstanceOf(Good.class);
    }

    // KNOWN-ATTACKS: nextUpdate not checked
    @Test
    void after_next_update_nobody_is_good_and_who_is_listed_stays_revoked() throws Exception {
        CrlSource source = source(crl().revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED));
        Instant later = NOW.plus(Duration.ofDays(7)).plusSeconds(1);

        assertThat(source.known(query(SUB_CA), later)).isInstanceOfSatisfying(Unknown.class, unknown -> {
            assertThat(unknown.why()).isEqualTo(Why.EXPIRED);
            assertThat(unknown.lastGoodUntil()).isNull();
        });
        assertThat(source.known(query(ALICE), later)).isEqualTo(new Revoked(THEN, "superseded"));
    }

    @Test
    void an_expired_list_is_loaded_and_does_not_count() throws Exception {
        CrlSource source = source(crl().thisUpdate(THEN).nextUpdate(NOW.minusSeconds(1)));

        assertThat(why(source, ALICE)).isEqualTo(Why.EXPIRED);
    }

    /** Lists that are not understood replace no others, so that there may be two deltas of one kind. */
    @Test
    void whom_any_delta_revokes_is_revoked_though_it_has_a_critical_extension_that_is_not_known() throws Exception {
        Files.write(directory.resolve("1.crl"), crl().number(1).der());
        for (long older : List.of(2L, 3L)) {
            Files.write(directory.resolve("2.crl"), crl().number(older).delta(1).der());
            Files.write(
                    directory.resolve("3.crl"),
                    crl().number(5 - older)
                            .delta(1)
                            .extension("1.2.3.4", true, new byte[] {5, 0})
                            .revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE)
                            .der());

            assertThat(status(prepared(builder().directory(directory)), ALICE))
                    .isEqualTo(new Revoked(THEN, "keyCompromise"));
        }
    }

    @Test
    void a_list_without_next_update_counts_for_a_day() throws Exception {
        CrlSource source = source(crl().withoutNextUpdate());

        assertThat(status(source, ALICE)).isEqualTo(new Good(NOW.plus(Duration.ofDays(1))));
        assertThat(source.known(query(ALICE), NOW.plus(Duration.ofDays(1)).plusSeconds(1)))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.EXPIRED));
    }

    @Test
    void a_list_from_the_future_is_refused_beyond_the_skew_of_clocks() throws Exception {
        assertThat(status(source(crl().thisUpdate(NOW.plus(CrlAnswer.CLOCK_SKEW))), ALICE))
                .isInstanceOf(Good.class);

        assertThatThrownBy(() ->
                        source(crl().thisUpdate(NOW.plus(CrlAnswer.CLOCK_SKEW).plusSeconds(1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("from the future");
    }

    // KNOWN-ATTACKS: a CRL of the wrong scope
    @Test
    void a_list_counts_only_for_certificates_of_its_kind() throws Exception {
        CrlSource users = source(crl().onlyUserCertificates());
        assertThat(status(users, ALICE)).isInstanceOf(Good.class);
        assertThat(why(users, SUB_CA)).isEqualTo(Why.UNVERIFIABLE);

        CrlSource authorities = source(crl().onlyCaCertificates());
        assertThat(why(authorities, ALICE)).isEqualTo(Why.UNVERIFIABLE);
        assertThat(status(authorities, SUB_CA)).isInstanceOf(Good.class);

        CrlSource attributes = source(crl().onlyAttributeCertificates());
        assertThat(why(attributes, ALICE)).isEqualTo(Why.UNVERIFIABLE);
        assertThat(why(attributes, SUB_CA)).isEqualTo(Why.UNVERIFIABLE);
    }

    // KNOWN-ATTACKS: a CRL of the wrong scope
    @Test
    void a_list_of_another_distribution_point_does_not_count() throws Exception {
        HeldCertificate bob = CA.issueClient("CN=bob")
                .clock(FIXED)
                .crlDistributionPoint("http://ca.example/1.crl")
                .build();

        assertThat(status(source(crl().distributionPoint("http://ca.example/1.crl")), bob))
                .isInstanceOf(Good.class);
        assertThat(why(source(crl().distributionPoint("http://ca.example/2.crl")), bob))
                .isEqualTo(Why.UNVERIFIABLE);
        assertThat(status(source(crl()), bob)).isInstanceOf(Good.class);
    }

    @Test
    void lists_of_some_reasons_count_when_together_they_have_all() throws Exception {
        CrlBuilder keys = crl().onlySomeReasons(RevocationReason.KEY_COMPROMISE, RevocationReason.CA_COMPROMISE);
        CrlBuilder others = crl().onlySomeReasons(
                        RevocationReason.AFFILIATION_CHANGED,
                        RevocationReason.SUPERSEDED,
                        RevocationReason.CESSATION_OF_OPERATION,
                        RevocationReason.CERTIFICATE_HOLD,
                        RevocationReason.PRIVILEGE_WITHDRAWN,
                        RevocationReason.AA_COMPROMISE)
                .nextUpdate(NOW.plus(Duration.ofDays(2)));

        assertThat(why(source(keys), ALICE)).isEqualTo(Why.UNVERIFIABLE);
        assertThat(status(source(keys, others), ALICE)).isEqualTo(new Good(NOW.plus(Duration.ofDays(2))));
        assertThat(status(source(keys.revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE)), ALICE))
                .isInstanceOf(Revoked.class);
    }

    // KNOWN-ATTACKS: a CRL with an unknown critical extension
    @Test
    void a_list_with_an_unknown_critical_extension_only_revokes() throws Exception {
        CrlSource source = source(crl().extension("1.2.3.4", true, new byte[] {5, 0})
                .revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED));

        assertThat(status(source, ALICE)).isInstanceOf(Revoked.class);
        assertThat(why(source, SUB_CA)).isEqualTo(Why.UNVERIFIABLE);
        assertThat(status(source(crl().extension("1.2.3.4", false, new byte[] {5, 0})), ALICE))
                .isInstanceOf(Good.class);
    }

    @Test
    void an_unknown_critical_extension_of_one_entry_spoils_the_list_for_the_others() throws Exception {
        CrlSource source = source(crl().entryExtension("1.2.3.4", true, new byte[] {5, 0})
                .revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED));

        assertThat(status(source, ALICE)).isInstanceOf(Revoked.class);
        assertThat(why(source, SUB_CA)).isEqualTo(Why.UNVERIFIABLE);
    }

    // KNOWN-ATTACKS: a CRL from the wrong issuer
    @Test
    void a_list_of_another_ca_says_nothing() throws Exception {
        HeldCertificate other = ROOT.issueCa("CN=Other").clock(FIXED).build();
        write("other.crl", CrlBuilder.issuedBy(other).clock(clock).der());
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(CA.certificate(), other.certificate()));

        assertThat(why(source, ALICE)).isEqualTo(Why.NOT_ASKED);
    }

    // KNOWN-ATTACKS: a CRL from the wrong issuer
    @Test
    void a_ca_of_the_same_name_with_another_key_neither_revokes_nor_clears() throws Exception {
        HeldCertificate namesake = HeldCertificate.root("CN=CA").clock(FIXED).build();
        write("1.crl", CrlBuilder.issuedBy(namesake).clock(clock).number(9).der());
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(CA.certificate(), namesake.certificate()));

        RevocationQuery query = query(ALICE);
        source.refresh(query).toCompletableFuture().join();
        assertThat(source.known(query, NOW))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.UNVERIFIABLE));

        write(
                "2.crl",
                crl().revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED).der());
        await(() -> source.known(query, NOW) instanceof Revoked); // Its number is lower, but of another series.
    }

    // KNOWN-ATTACKS: a CRL whose signature is not checked
    @Test
    void a_list_with_a_wrong_signature_stops_the_start() {
        assertThatThrownBy(() -> source(crl().corruptSignature()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the CRL cannot be used");
        assertThatThrownBy(() -> source(crl().signer(ROOT))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_list_whose_signer_only_a_client_brings_waits_for_it() throws Exception {
        write("ca.crl", crl().der());
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(ROOT.certificate()));
        RevocationQuery query = query(ALICE);

        assertThat(source.known(query, NOW))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.NOT_ASKED));
        source.refresh(query).toCompletableFuture().join();
        assertThat(source.known(query, NOW)).isInstanceOf(Good.class);
    }

    @Test
    void a_list_that_turns_out_to_be_forged_when_its_issuer_is_known_does_not_count() throws Exception {
        write("ca.crl", crl().signer(ROOT).der());
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(ROOT.certificate()));
        RevocationQuery query = query(ALICE);
        source.refresh(query).toCompletableFuture().join();

        assertThat(source.known(query, NOW))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.UNVERIFIABLE));
        assertThat(kinds()).contains(Kind.LOAD_FAILED);
        assertThat(source.refresh(query).toCompletableFuture()).isDone();
    }

    @Test
    void an_issuer_that_may_not_sign_lists_does_not() throws Exception {
        HeldCertificate ca = ROOT.issueCa("CN=CA")
                .clock(FIXED)
                .keyUsage(KeyUsage.KEY_CERT_SIGN)
                .build();
        HeldCertificate bob = ca.issueClient("CN=bob").clock(FIXED).build();
        write("ca.crl", CrlBuilder.issuedBy(ca).clock(clock).der());
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(ca.certificate()));
        RevocationQuery query = new RevocationQuery(bob.certificate(), ca.certificate());
        source.refresh(query).toCompletableFuture().join();

        assertThat(source.known(query, NOW)).isInstanceOf(Unknown.class);
    }

    @Test
    void another_key_of_the_ca_may_sign_unless_its_certificate_is_revoked() throws Exception {
        HeldCertificate second = ROOT.issueCa("CN=CA").clock(FIXED).build();
        RevocationQuery ofSecond = new RevocationQuery(second.certificate(), ROOT.certificate());
        RevocationQuery query = new RevocationQuery(
                ALICE.certificate(),
                CA.certificate(),
                (name, at) -> List.of(new SignerPath(second.certificate(), List.of(ofSecond))));
        write("ca.crl", CrlBuilder.issuedBy(second).clock(clock).der());
        write("root.crl", CrlBuilder.issuedBy(ROOT).clock(clock).der());
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(ROOT.certificate(), CA.certificate()));

        source.refresh(query).toCompletableFuture().join();
        assertThat(source.known(query, NOW)).isInstanceOf(Good.class);

        write(
                "root.crl",
                CrlBuilder.issuedBy(ROOT)
                        .clock(clock)
                        .number(2)
                        .revoked(serial(second), THEN, RevocationReason.CA_COMPROMISE)
                        .der());
        await(() -> source.known(query, NOW) instanceof Unknown unknown
                && unknown.why() == Why.UNVERIFIABLE
                && unknown.detail().contains("revoked"));
    }

    /** RFC 5280 section 6.3.3: a list of the same name and scope is about the certificate, whichever key has signed it. */
    @Test
    void who_is_on_an_expired_list_by_one_key_of_the_ca_is_not_good_by_a_list_in_force_by_its_other_key()
            throws Exception {
        HeldCertificate second = ROOT.issueCa("CN=CA").clock(FIXED).build();
        CrlSource source =
                sourceOfTwoKeys(second, CrlBuilder.issuedBy(second).clock(clock).number(2));
        RevocationQuery alice = ofTwoKeys(ALICE, second);
        assertThat(source.known(alice, NOW)).isInstanceOf(Good.class);

        write(
                "first.crl",
                crl().revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE)
                        .thisUpdate(THEN)
                        .nextUpdate(NOW.minusSeconds(1))
                        .der());
        await(() -> kinds().contains(Kind.LOADED));

        assertThat(source.known(alice, NOW)).isEqualTo(new Revoked(THEN, "keyCompromise"));
        assertThat(source.known(ofTwoKeys(SUB_CA, second), NOW)).isInstanceOf(Good.class);
    }

    /** The list by the old key is in force until its end; the CA has gone on to revoke by the new one. */
    @Test
    void who_is_on_a_list_by_the_new_key_of_the_ca_is_not_good_by_the_one_of_the_old_key_for_a_moment()
            throws Exception {
        HeldCertificate second = ROOT.issueCa("CN=CA").clock(FIXED).build();
        CrlSource source = sourceOfTwoKeys(
                second,
                crl(),
                CrlBuilder.issuedBy(second).clock(clock).number(2),
                CrlBuilder.issuedBy(second)
                        .clock(clock)
                        .number(3)
                        .delta(2)
                        .revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE));
        RevocationQuery alice = byTwoKeys(ALICE, second);

        assertThat(source.known(alice, NOW))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.NOT_ASKED));
        source.refresh(alice).toCompletableFuture().join();
        assertThat(source.known(alice, NOW)).isEqualTo(new Revoked(THEN, "keyCompromise"));
        assertThat(source.known(byTwoKeys(SUB_CA, second), NOW)).isInstanceOf(Good.class);
    }

    @Test
    void who_is_on_a_list_by_a_key_whose_certificate_has_expired_is_not_good_by_a_list_of_the_issuer()
            throws Exception {
        HeldCertificate second =
                ROOT.issueCa("CN=CA").clock(FIXED).lifetime(Duration.ofHours(1)).build();
        CrlSource source = sourceOfTwoKeys(
                second,
                crl().nextUpdate(NOW.plus(Duration.ofDays(1))),
                CrlBuilder.issuedBy(second)
                        .clock(clock)
                        .number(2)
                        .revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE));
        Instant later = NOW.plus(Duration.ofHours(2));

        assertThat(source.known(ofTwoKeys(ALICE, second), NOW)).isEqualTo(new Revoked(THEN, "keyCompromise"));
        assertThat(source.known(ofTwoKeys(ALICE, second), later))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.EXPIRED));
        assertThat(source.known(ofTwoKeys(SUB_CA, second), later)).isInstanceOf(Good.class);
    }

    @Test
    void a_list_by_a_key_that_was_revoked_revokes_nobody() throws Exception {
        HeldCertificate second = ROOT.issueCa("CN=CA").clock(FIXED).build();
        CrlSource source = sourceOfTwoKeys(
                second,
                crl(),
                CrlBuilder.issuedBy(second)
                        .clock(clock)
                        .number(2)
                        .revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE),
                CrlBuilder.issuedBy(ROOT)
                        .clock(clock)
                        .number(2)
                        .revoked(serial(second), THEN, RevocationReason.CA_COMPROMISE));

        assertThat(source.known(ofTwoKeys(ALICE, second), NOW)).isInstanceOf(Good.class);
    }

    /** As in a policy that names two, whose lists come at different times. */
    @Test
    void what_one_source_found_out_about_signers_is_not_what_another_one_answers_by() throws Exception {
        HeldCertificate second = ROOT.issueCa("CN=CA").clock(FIXED).build();
        CrlSource one = sourceOfTwoKeys(second, CrlBuilder.issuedBy(second).clock(clock));
        CrlSource other = sourceOfTwoKeys(second, CrlBuilder.issuedBy(second).clock(clock));
        List<SignerPath> found = new CopyOnWriteArrayList<>();
        RevocationQuery query = new RevocationQuery(ALICE.certificate(), CA.certificate(), (name, at) -> found);

        one.refresh(query).toCompletableFuture().join();
        found.add(new SignerPath(second.certificate(), List.of()));
        other.refresh(query).toCompletableFuture().join();

        assertThat(one.known(query, NOW)).isInstanceOf(Unknown.class);
        RevocationStatus good = other.known(query, NOW);
        assertThat(good).isInstanceOf(Good.class);
        one.known(query, NOW);
        assertThat(other.known(query, NOW)).as("each remembers its own").isSameAs(good);
    }

    private CrlSource sourceOfTwoKeys(HeldCertificate second, CrlBuilder... lists) throws IOException {
        write("root.crl", CrlBuilder.issuedBy(ROOT).clock(clock).der());
        for (int i = 0; i < lists.length; i++) {
            write(i + ".crl", lists[i].der());
        }
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(ROOT.certificate(), CA.certificate(), second.certificate()));
        return source;
    }

    private static RevocationQuery byTwoKeys(HeldCertificate certificate, HeldCertificate second) {
        RevocationQuery ofSecond = new RevocationQuery(second.certificate(), ROOT.certificate());
        return new RevocationQuery(
                certificate.certificate(),
                CA.certificate(),
                (name, at) -> List.of(new SignerPath(second.certificate(), List.of(ofSecond))));
    }

    /** Asked once, so that who else may sign is known. */
    private RevocationQuery ofTwoKeys(HeldCertificate certificate, HeldCertificate second) {
        RevocationQuery query = byTwoKeys(certificate, second);
        opened.get(opened.size() - 1).refresh(query).toCompletableFuture().join();
        return query;
    }

    @Test
    void a_delta_adds_to_its_complete_list() throws Exception {
        CrlSource source = source(
                crl().number(5),
                crl().number(6).delta(5).revoked(serial(ALICE), THEN, RevocationReason.KEY_COMPROMISE));

        assertThat(status(source, ALICE)).isEqualTo(new Revoked(THEN, "keyCompromise"));
        assertThat(status(source, SUB_CA)).isInstanceOf(Good.class);
    }

    @Test
    void a_delta_lifts_a_hold_while_it_is_in_force_and_nothing_else() throws Exception {
        Instant hour = NOW.plus(Duration.ofHours(1));
        CrlSource source = source(
                crl().number(5)
                        .revoked(serial(ALICE), THEN, RevocationReason.CERTIFICATE_HOLD)
                        .revoked(serial(SUB_CA), THEN, RevocationReason.KEY_COMPROMISE),
                crl().number(6)
                        .delta(5)
                        .nextUpdate(hour)
                        .removed(serial(ALICE), NOW)
                        .removed(serial(SUB_CA), NOW));

        assertThat(status(source, ALICE)).isEqualTo(new Good(hour));
        assertThat(source.known(query(ALICE), hour.plusSeconds(1))).isEqualTo(new Revoked(THEN, "certificateHold"));
        assertThat(status(source, SUB_CA)).isInstanceOf(Revoked.class);
    }

    @Test
    void a_delta_of_a_later_base_lifts_nothing_but_revokes() throws Exception {
        CrlSource source = source(
                crl().number(5).revoked(serial(ALICE), THEN, RevocationReason.CERTIFICATE_HOLD),
                crl().number(8)
                        .delta(7)
                        .removed(serial(ALICE), NOW)
                        .revoked(serial(SUB_CA), THEN, RevocationReason.SUPERSEDED));

        assertThat(status(source, ALICE)).isInstanceOf(Revoked.class);
        assertThat(status(source, SUB_CA)).isInstanceOf(Revoked.class);
    }

    @Test
    void a_delta_that_is_older_than_the_complete_list_says_nothing() throws Exception {
        CrlSource source = source(
                crl().number(7),
                crl().number(6).delta(5).revoked(serial(ALICE), THEN, RevocationReason.CERTIFICATE_HOLD));

        assertThat(status(source, ALICE)).isInstanceOf(Good.class);
    }

    @Test
    void a_delta_of_another_scope_says_nothing() throws Exception {
        CrlSource source = source(
                crl().number(5),
                crl().number(6)
                        .delta(5)
                        .onlyCaCertificates()
                        .revoked(serial(SUB_CA), THEN, RevocationReason.SUPERSEDED));

        assertThat(status(source, SUB_CA)).isInstanceOf(Good.class);
    }

    @Test
    void a_delta_alone_is_not_enough() throws Exception {
        assertThat(why(source(crl().number(6).delta(5)), ALICE)).isEqualTo(Why.NOT_ASKED);
    }

    @Test
    void a_signature_with_sha1_counts_only_where_that_is_allowed() throws Exception {
        HeldCertificate rsa = HeldCertificate.root("CN=RSA")
                .clock(FIXED)
                .keyType(KeyType.RSA_2048)
                .build();
        HeldCertificate bob = rsa.issueClient("CN=bob").clock(FIXED).build();
        RevocationQuery query = new RevocationQuery(bob.certificate(), rsa.certificate());
        write(
                "rsa.crl",
                CrlBuilder.issuedBy(rsa)
                        .clock(clock)
                        .signatureAlgorithm("SHA1withRSA")
                        .der());

        CrlSource strict = builder().directory(directory).build();
        opened.add(strict);
        assertThatThrownBy(() -> strict.prepare(List.of(rsa.certificate())))
                .isInstanceOf(IllegalArgumentException.class);
        CrlSource loose = builder()
                .directory(directory)
                .allowSignatureAlgorithm(SHA1_WITH_RSA)
                .build();
        opened.add(loose);
        loose.prepare(List.of(rsa.certificate()));
        assertThat(loose.known(query, NOW)).isInstanceOf(Good.class);
    }

    @Test
    void a_changed_file_and_a_new_one_in_a_directory_are_in_force_without_being_asked_for() throws Exception {
        CrlSource source = source(crl());
        write(
                "1.crl",
                crl().number(2)
                        .revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED)
                        .der());
        await(() -> status(source, ALICE) instanceof Revoked);

        write(
                "new.crl",
                crl().number(3)
                        .revoked(serial(SUB_CA), THEN, RevocationReason.SUPERSEDED)
                        .der());
        await(() -> status(source, SUB_CA) instanceof Revoked && status(source, ALICE) instanceof Good);
        assertThat(kinds()).containsOnly(Kind.LOADED);
    }

    // KNOWN-ATTACKS: a CRL that fails to load is ignored (CVE-2026-53434)
    @Test
    void a_broken_half_written_or_deleted_file_changes_nothing_and_says_so() throws Exception {
        CrlSource source = source(crl().revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED));
        byte[] next = crl().number(2).der();

        for (byte[] broken : List.of(
                new byte[0],
                "no list".getBytes(StandardCharsets.UTF_8),
                Arrays.copyOf(next, next.length / 2),
                crl().number(2).corruptSignature().der(),
                crl().number(2).signer(ROOT).der(),
                crl().number(2).extension("2.5.29.20", false, new byte[] {1}).der())) {
            int before = events.size();
            write("1.crl", broken);
            await(() -> events.size() > before);
            assertThat(events.get(events.size() - 1).kind()).isEqualTo(Kind.LOAD_FAILED);
            assertThat(status(source, ALICE)).isInstanceOf(Revoked.class);
            assertThat(status(source, SUB_CA)).isInstanceOf(Good.class);
        }
        Files.delete(directory.resolve("1.crl"));
        write("1.crl", next);
        await(() -> status(source, ALICE) instanceof Good);
    }

    @Test
    void a_file_that_is_gone_from_a_directory_is_forgotten_long_after_its_end() throws Exception {
        HeldCertificate bobsCa =
                HeldCertificate.root("CN=Bob's CA").clock(FIXED).build();
        RevocationQuery bob = new RevocationQuery(
                bobsCa.issueClient("CN=bob").clock(FIXED).build().certificate(), bobsCa.certificate());
        write(
                "bob.crl",
                CrlBuilder.issuedBy(bobsCa)
                        .clock(clock)
                        .revoked(bob.certificate().getSerialNumber(), THEN, RevocationReason.SUPERSEDED)
                        .der());
        write("1.crl", crl().der());
        CrlSource source = builder().directory(directory).build();
        opened.add(source);
        source.prepare(List.of(CA.certificate(), bobsCa.certificate()));

        Files.delete(directory.resolve("bob.crl"));
        write(
                "2.crl",
                crl().number(2)
                        .revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED)
                        .der());
        await(() -> status(source, ALICE) instanceof Revoked);
        assertThat(source.known(bob, NOW)).isInstanceOf(Revoked.class);

        clock.advance(Duration.ofDays(38));
        write("3.crl", crl().number(3).der());
        await(() -> source.known(query(ALICE), clock.instant()) instanceof Good);
        assertThat(source.known(bob, clock.instant())).isInstanceOf(Unknown.class);
    }

    // KNOWN-ATTACKS: an older CRL replaces a newer one
    @Test
    void an_older_list_changes_nothing_and_says_so() throws Exception {
        CrlSource source = source(crl().number(5).revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED));

        write("1.crl", crl().number(4).thisUpdate(NOW.plusSeconds(60)).der());
        await(() -> kinds().contains(Kind.LOAD_FAILED));
        assertThat(status(source, ALICE)).isInstanceOf(Revoked.class);

        write("1.crl", crl().number(6).thisUpdate(NOW.minusSeconds(60)).der());
        await(() -> events.size() > 1);
        assertThat(kinds()).containsOnly(Kind.LOAD_FAILED);
        assertThat(events).allSatisfy(event -> assertThat(event.detail()).contains("older than the one in force"));
        assertThat(status(source, ALICE)).isInstanceOf(Revoked.class);
    }

    @Test
    void an_old_list_that_was_left_lying_beside_the_new_one_does_not_stop_the_start() throws Exception {
        CrlSource source = source(
                crl().number(5).revoked(serial(ALICE), THEN, RevocationReason.SUPERSEDED),
                crl().number(4).thisUpdate(THEN));

        assertThat(status(source, ALICE)).isInstanceOf(Revoked.class);
    }

    // KNOWN-ATTACKS: revocation turned on with no source configured must stop the start
    @Test
    void the_start_fails_without_a_place_to_look_or_with_a_file_that_is_no_list() throws Exception {
        assertThatThrownBy(() -> CrlSource.builder().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name a file, a directory or a URL, or call distributionPoints()");
        assertThatThrownBy(() -> builder().file(directory.resolve("absent.crl")).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("absent.crl");
        assertThatThrownBy(
                        () -> builder().directory(directory.resolve("absent")).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("absent");
        write("ca.pem", CA.certificatePem().getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> builder().directory(directory).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ca.pem");
    }

    @Test
    void a_list_whose_extensions_cannot_be_read_is_none() {
        for (String oid : List.of("2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.35", "2.5.29.46")) {
            assertThatThrownBy(() -> source(crl().extension(oid, false, new byte[] {0x30, 3, 1, 2})))
                    .as(oid)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private CrlBuilder crl() {
        return CrlBuilder.issuedBy(CA).clock(clock);
    }

    private CrlSource.Builder builder() {
        return CrlSource.builder().clock(clock).events(events::add);
    }

    /** Of these lists of the CA, which is known. */
    private CrlSource source(CrlBuilder... lists) throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        for (int i = 0; i < lists.length; i++) {
            write(i + 1 + ".crl", lists[i].der());
        }
        return prepared(builder().directory(directory));
    }

    private CrlSource prepared(CrlSource.Builder builder) {
        CrlSource source = builder.build();
        opened.add(source);
        source.prepare(List.of(CA.certificate()));
        return source;
    }

    /** As one should. */
    private void write(String name, byte[] content) throws IOException {
        Path part = Files.write(directory.resolve(name + ".part"), content);
        Files.move(part, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static BigInteger serial(HeldCertificate certificate) {
        return certificate.certificate().getSerialNumber();
    }

    private static RevocationQuery query(HeldCertificate certificate) {
        return new RevocationQuery(certificate.certificate(), CA.certificate());
    }

    private static RevocationStatus status(CrlSource source, HeldCertificate certificate) {
        return source.known(query(certificate), NOW);
    }

    private static Why why(CrlSource source, HeldCertificate certificate) {
        RevocationStatus status = status(source, certificate);
        assertThat(status).isInstanceOf(Unknown.class);
        return ((Unknown) status).why();
    }

    private List<Kind> kinds() {
        return events.stream().map(RevocationEvent::kind).toList();
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) { // The timeout of the class bounds it.
            assertThat(Thread.interrupted()).as("timed out").isFalse();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
