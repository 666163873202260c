package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.mtls.ca.IssuedCertificate.Kind;
import io.mtls.ca.IssuedCertificate.Revocation;
import java.math.BigInteger;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CRLHolder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a CA issues, revokes and publishes, wherever its state is. */
class CertificateAuthorityTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final CaSettings SETTINGS = CaSettings.named("Acme").withUrl(URI.create("http://pki.example:8889"));

    private final SettableClock clock = new SettableClock(NOW);
    private final CertificateAuthority ca = CertificateAuthority.inMemory(SETTINGS, clock);

    private static void refuses(ThrowingCallable action, String fault, String mend) {
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(action)
                .withMessageContaining(fault)
                .satisfies(e -> assertThat(e.mend()).contains(mend));
    }

    private IssuedCertificate issued(String name) {
        List<IssuedCertificate> all = ca.named(name);
        return all.get(all.size() - 1);
    }

    private BigInteger serial(String name) {
        return issued(name).serial();
    }

    private X509CRLHolder crl(byte[] der) throws Exception {
        return new X509CRLHolder(der);
    }

    private static @Nullable Extension extension(X509Certificate certificate, String oid) {
        return Extensions.of(certificate).stream()
                .filter(each -> each.getExtnId().getId().equals(oid))
                .findFirst()
                .orElse(null);
    }

    @Test
    void a_new_ca_is_named_and_constrained() {
        assertThat(ca.authorities()).containsExactly("root-1", "issuing-1");
        assertThat(ca.root().getSubjectX500Principal().getName()).isEqualTo("CN=Acme root");
        assertThat(ca.issuing()).asString().startsWith("CN=Acme issuing CA ");
        assertThat(ca.issuing().certificate().getBasicConstraints()).isZero();
        assertThat(ca.issue(Member.client("alice")).chain())
                .hasSize(2)
                .endsWith(ca.issuing().certificate());
        assertThat(ca.rootsPem()).isEqualTo(Pem.certificate(ca.root()));
        assertThatIllegalStateException().isThrownBy(ca::directory).withMessageContaining("in memory");
    }

    @Test
    void a_certificate_says_where_its_status_is_published() {
        X509Certificate alice = ca.issue(Member.client("alice")).certificate();
        X509Certificate issuing = ca.issuing().certificate();

        assertThat(addresses(alice))
                .containsExactly(
                        "http://pki.example:8889/ocsp",
                        "http://pki.example:8889/ca/issuing-1.crt",
                        "http://pki.example:8889/crl/issuing-1.crl");
        assertThat(addresses(issuing))
                .as("a root's key is away: nobody answers for it")
                .containsExactly("http://pki.example:8889/ca/root-1.crt", "http://pki.example:8889/crl/root-1.crl");
        assertThat(extension(ca.root(), Extension.authorityInfoAccess.getId())).isNull();
    }

    private static List<String> addresses(X509Certificate certificate) {
        AuthorityInformationAccess access = AuthorityInformationAccess.getInstance(
                ASN1OctetString.getInstance(certificate.getExtensionValue(Extension.authorityInfoAccess.getId()))
                        .getOctets());
        CRLDistPoint points = CRLDistPoint.getInstance(
                ASN1OctetString.getInstance(certificate.getExtensionValue(Extension.cRLDistributionPoints.getId()))
                        .getOctets());
        List<String> all = new java.util.ArrayList<>();
        for (var description : access.getAccessDescriptions()) {
            all.add(description.getAccessLocation().getName().toString());
        }
        for (var point : points.getDistributionPoints()) {
            all.add(org.bouncycastle.asn1.x509.GeneralNames.getInstance(
                            point.getDistributionPoint().getName())
                    .getNames()[0]
                    .getName()
                    .toString());
        }
        return all;
    }

    @Test
    void a_ca_without_an_address_says_none() {
        var silent = CertificateAuthority.inMemory(CaSettings.named("Acme"), clock);
        X509Certificate alice = silent.issue(Member.client("alice")).certificate();

        assertThat(extension(alice, Extension.authorityInfoAccess.getId())).isNull();
        assertThat(extension(alice, Extension.cRLDistributionPoints.getId())).isNull();
    }

    @Test
    void a_client_has_one_organizational_unit_per_role_whatever_the_role_is_called() {
        var alice = ca.issue(Member.client("alice").roles("auditor", "a,CN=root+b"));

        assertThat(alice.certificate().getSubjectX500Principal().getName())
                .isEqualTo("CN=alice,OU=auditor,OU=a\\,CN\\=root\\+b");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Member.client("alice").roles(" "));
    }

    @Test
    void a_member_has_the_subject_and_the_names_that_were_asked_for() throws Exception {
        X509Certificate alice = ca.issue(Member.client("alice")
                        .subject(DistinguishedName.parse("CN=Alice Liddell,O=Acme"))
                        .with(GeneralName.email("alice@example.com"))
                        .with(GeneralName.uri("spiffe://acme/alice"))
                        .with(GeneralName.upn("alice@acme.example"))
                        .keyType(KeyType.P384)
                        .lifetime(Duration.ofDays(7)))
                .certificate();

        assertThat(alice.getSubjectX500Principal().getName()).isEqualTo("CN=Alice Liddell,O=Acme");
        assertThat(alice.getSubjectAlternativeNames()).hasSize(3);
        assertThat(KeyType.like(alice.getPublicKey())).isEqualTo(KeyType.P384);
        assertThat(alice.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(7)));
        assertThat(alice.getExtendedKeyUsage()).containsExactly(KeyPurpose.CLIENT_AUTH);
    }

    @Test
    void a_server_has_its_hosts_and_a_wildcard_a_name_for_its_files() throws Exception {
        X509Certificate server =
                ca.issue(Member.server("*.example.com", "127.0.0.1", "::1")).certificate();

        assertThat(server.getSubjectAlternativeNames())
                .extracting(each -> (Object) each.get(1))
                .containsExactly("*.example.com", "127.0.0.1", "0:0:0:0:0:0:0:1");
        assertThat(server.getExtendedKeyUsage()).containsExactly(KeyPurpose.SERVER_AUTH);
        assertThat(issued("_wildcard.example.com").kind()).isEqualTo(Kind.SERVER);
    }

    @ParameterizedTest
    @EnumSource(
            value = KeyType.class,
            names = {"P256", "P384", "P521", "ED25519", "RSA_2048"})
    void a_renewed_certificate_says_the_same_with_a_new_key_of_the_same_kind(KeyType type) throws Exception {
        HeldCertificate before = ca.issue(Member.client("alice")
                .roles("auditor")
                .with(GeneralName.email("alice@example.com"))
                .lifetime(Duration.ofDays(30))
                .keyType(type));
        clock.advance(Duration.ofDays(20));

        X509Certificate after = ca.certificate(ca.renew("alice").serial());

        assertThat(after.getSubjectX500Principal())
                .isEqualTo(before.certificate().getSubjectX500Principal());
        assertThat(extension(after, Extension.subjectAlternativeName.getId()))
                .isNotNull()
                .isEqualTo(extension(before.certificate(), Extension.subjectAlternativeName.getId()));
        assertThat(after.getExtendedKeyUsage()).isEqualTo(before.certificate().getExtendedKeyUsage());
        assertThat(after.getPublicKey()).isNotEqualTo(before.certificate().getPublicKey());
        assertThat(KeyType.like(after.getPublicKey())).isEqualTo(type);
        assertThat(after.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(50)));
        assertThat(ca.held("alice").certificate()).isEqualTo(after);
        assertThat(ca.named("alice")).hasSize(2).allMatch(each -> each.isValidAt(clock.instant()));
    }

    @Test
    void a_request_supplies_its_key_and_nothing_else() throws Exception {
        CertificationRequest request = CertificationRequest.parse(Requests.of(KeyType.P256.generate()));

        IssuedCertificate issued = ca.issue(Member.client("alice"), request);

        X509Certificate alice = ca.certificate(issued.serial());
        assertThat(alice.getPublicKey()).isEqualTo(request.publicKey());
        assertThat(alice.getSubjectX500Principal().getName()).isEqualTo("CN=alice");
        refuses(() -> ca.held("alice"), "the key of alice is not here", "export the certificate without it");
        assertThat(ca.chainPem("alice"))
                .isEqualTo(Pem.certificate(alice) + ca.issuing().certificatePem());
    }

    @Test
    void who_keeps_the_key_is_renewed_with_the_same_or_with_another_request() throws Exception {
        CertificationRequest request = CertificationRequest.parse(Requests.of(KeyType.P256.generate()));
        CertificationRequest another = CertificationRequest.parse(Requests.of(KeyType.P256.generate()));
        ca.issue(Member.client("alice"), request);

        assertThat(ca.certificate(ca.renew("alice").serial()).getPublicKey()).isEqualTo(request.publicKey());
        assertThat(ca.certificate(ca.renew("alice", another).serial()).getPublicKey())
                .isEqualTo(another.publicKey());
    }

    @Test
    void a_key_that_is_left_from_before_is_not_taken_for_that_of_a_request() throws Exception {
        CertificationRequest request = CertificationRequest.parse(Requests.of(KeyType.P256.generate()));
        ca.issue(Member.client("alice"));
        ca.renew("alice", request);

        refuses(() -> ca.held("alice"), "the key of alice is not here", "export the certificate without it");
        assertThat(ca.certificate(ca.renew("alice").serial()).getPublicKey()).isEqualTo(request.publicKey());
    }

    @Test
    void a_key_that_was_compromised_is_not_certified_again() throws Exception {
        CertificationRequest request = CertificationRequest.parse(Requests.of(KeyType.P256.generate()));
        ca.issue(Member.client("alice"), request);
        ca.revoke(serial("alice"), RevocationReason.KEY_COMPROMISE);

        refuses(
                () -> ca.issue(Member.client("bob"), request),
                "this key was revoked because somebody else may have it",
                "have a new key made");
        assertThat(ca.named("bob")).isEmpty();
    }

    @Test
    void a_member_with_a_valid_certificate_is_not_issued_another() {
        ca.issue(Member.client("alice"));

        refuses(() -> ca.issue(Member.client("alice")), "client alice has a certificate until 2026-05-30", "renew it");
        ca.revoke(serial("alice"), RevocationReason.CERTIFICATE_HOLD);
        refuses(() -> ca.issue(Member.client("alice")), "which is on hold", "revoke it first");
        ca.revoke(serial("alice"), RevocationReason.SUPERSEDED);
        assertThat(ca.issue(Member.client("alice"))).isNotNull();
        clock.advance(Duration.ofDays(91));
        assertThat(ca.issue(Member.client("alice"))).isNotNull();
    }

    @Test
    void a_name_is_of_one_kind() {
        ca.issue(Member.client("alice"));

        refuses(() -> ca.issue(Member.server("alice")), "alice is a client already", "choose another name");
    }

    @Test
    void a_member_has_a_name_and_not_that_of_a_ca() {
        Member member = Member.client("alice");
        refuses(
                () -> ca.issue(member.subject(DistinguishedName.parse("CN=acme  Issuing ca"))),
                "the subject of client alice is that of issuing-1",
                "choose another subject");
        refuses(
                () -> ca.issue(member.subject(DistinguishedName.of())),
                "client alice has neither a subject nor another name",
                "give it one");
        assertThatIllegalArgumentException().isThrownBy(() -> DistinguishedName.parse("CN=a,DC=\u0161"));
    }

    @Test
    void a_certificate_does_not_outlive_its_issuer() {
        refuses(
                () -> ca.issue(Member.client("alice").lifetime(Duration.ofDays(1826))),
                "would outlive its issuer, which ends at 2031-02-28T12:00:00Z",
                "mtls-ca rotate issuing");
        refuses(
                () -> ca.issue(Member.client("alice").lifetime(Duration.ZERO)),
                "is over before it begins",
                "name a longer one");
        assertThat(ca.list()).hasSize(2);

        clock.advance(Duration.ofDays(1825 - 10));
        assertThat(ca.issue(Member.client("alice")).certificate().getNotAfter())
                .isEqualTo(ca.issuing().certificate().getNotAfter());
    }

    @Test
    void a_certificate_that_was_cut_short_is_renewed_to_its_full_length() {
        clock.advance(Duration.ofDays(1825 - 10));
        ca.issue(Member.client("alice"));
        ca.rotateIssuing(null);

        assertThat(ca.renew("alice").notAfter()).isEqualTo(clock.instant().plus(Duration.ofDays(90)));
    }

    @Test
    void an_issuing_ca_that_ended_signs_no_more() {
        clock.advance(Duration.ofDays(1826));

        refuses(
                () -> ca.issue(Member.client("alice")),
                "issuing-1 signs no more: it ended at 2031-02-28T12:00:00Z",
                "mtls-ca rotate issuing");
    }

    @Test
    void a_revocation_is_recorded_and_final() {
        ca.issue(Member.client("alice"));
        clock.advance(Duration.ofMinutes(1));

        IssuedCertificate revoked = ca.revoke(serial("alice"), RevocationReason.KEY_COMPROMISE);

        var since = Optional.of(new Revocation(NOW.plusSeconds(60), RevocationReason.KEY_COMPROMISE));
        assertThat(revoked.revocation()).isEqualTo(since);
        clock.advance(Duration.ofMinutes(1));
        assertThat(ca.revoke(serial("alice"), RevocationReason.KEY_COMPROMISE).revocation())
                .as("again")
                .isEqualTo(since);
        refuses(
                () -> ca.revoke(serial("alice"), RevocationReason.SUPERSEDED),
                "is revoked since 2026-03-01T12:01:00Z for keyCompromise",
                "there is nothing to do");
        refuses(() -> ca.release(serial("alice")), "is not on hold", "a revocation is final");
        refuses(() -> ca.renew("alice"), "alice's certificate is revoked since", "issue a new one");
    }

    @Test
    void a_compromised_key_is_revoked_in_every_certificate() {
        CertificationRequest request = CertificationRequest.parse(Requests.of(KeyType.P256.generate()));
        ca.issue(Member.client("alice"), request);
        ca.renew("alice");
        ca.issue(Member.client("bob"));

        ca.revoke(ca.named("alice").get(0).serial(), RevocationReason.KEY_COMPROMISE);

        assertThat(ca.named("alice"))
                .hasSize(2)
                .allMatch(issued -> issued.revocation().isPresent());
        assertThat(issued("bob").revocation()).isEmpty();
    }

    @Test
    void a_hold_can_be_released_or_made_final() {
        ca.issue(Member.client("alice"));
        BigInteger alice = serial("alice");

        assertThat(ca.revoke(alice, RevocationReason.CERTIFICATE_HOLD).isOnHold())
                .isTrue();
        refuses(() -> ca.renew("alice"), "on hold", "release it first");
        assertThat(ca.release(alice).revocation()).isEmpty();
        refuses(() -> ca.release(alice), "is not on hold", "there is nothing to do");
        ca.revoke(alice, RevocationReason.CERTIFICATE_HOLD);
        assertThat(ca.revoke(alice, RevocationReason.PRIVILEGE_WITHDRAWN).isOnHold())
                .isFalse();
    }

    @Test
    void what_was_not_signed_here_is_not_known() {
        BigInteger foreign = BigInteger.valueOf(0xabc);

        refuses(() -> ca.revoke(foreign, RevocationReason.SUPERSEDED), "serial number abc", "mtls-ca list");
        refuses(() -> ca.release(foreign), "serial number abc", "mtls-ca list");
        refuses(() -> ca.certificate(foreign), "serial number abc", "mtls-ca list");
        refuses(() -> ca.renew("nobody"), "there is no member \"nobody\"", "mtls-ca list");
        refuses(() -> ca.crl("issuing-9"), "there is no CA \"issuing-9\"", "root-1, issuing-1");
        assertThat(ca.find(foreign)).isEmpty();
    }

    @Test
    void the_ca_itself_is_revoked_by_its_root_only() throws Exception {
        BigInteger issuing = serial("issuing-1", Kind.ISSUING);
        refuses(
                () -> ca.revoke(issuing, RevocationReason.CA_COMPROMISE),
                "issuing-1 is a certificate of the CA itself",
                "mtls-ca revoke issuing-1");

        ca.revokeIssuing("issuing-1", RevocationReason.CA_COMPROMISE, null);

        assertThat(crl(ca.crl("root-1")).getRevokedCertificate(issuing)).isNotNull();
        refuses(() -> ca.issue(Member.client("alice")), "issuing-1 signs no more: it is revoked", "rotate issuing");
        ca.rotateIssuing(null);
        assertThat(ca.issue(Member.client("alice")).chain().get(1))
                .isEqualTo(ca.certificate("issuing-2"))
                .isNotEqualTo(ca.certificate("issuing-1"));
        refuses(
                () -> ca.revokeIssuing("root-1", RevocationReason.CA_COMPROMISE, null),
                "there is no issuing CA \"root-1\"",
                "issuing-1");
    }

    private BigInteger serial(String name, Kind kind) {
        return ca.list().stream()
                .filter(each -> each.kind() == kind && each.name().equals(name))
                .findFirst()
                .orElseThrow()
                .serial();
    }

    @Test
    void the_list_has_everything_that_was_ever_signed() {
        ca.issue(Member.client("alice"));
        ca.issue(Member.server("api.example"));
        ca.renew("alice");

        assertThat(ca.list())
                .extracting(each -> each.authority() + " " + each.kind().text() + " " + each.name())
                .containsExactly(
                        "root-1 root root-1",
                        "root-1 issuing issuing-1",
                        "issuing-1 client alice",
                        "issuing-1 server api.example",
                        "issuing-1 client alice");
        assertThat(ca.list()).extracting(IssuedCertificate::serial).doesNotHaveDuplicates();
    }

    @Test
    void a_serial_number_is_random_and_of_128_bits() {
        List<Integer> lengths = java.util.stream.IntStream.range(0, 30)
                .mapToObj(i -> ca.issue(Member.client("m" + i)).certificate().getSerialNumber())
                .peek(serial -> assertThat(serial.signum()).isPositive())
                .map(BigInteger::bitLength)
                .toList();

        assertThat(lengths).allMatch(bits -> bits > 96 && bits <= 128).contains(128);
    }

    @Test
    void what_is_revoked_is_on_the_next_list() throws Exception {
        ca.issue(Member.client("alice"));
        X509CRLHolder before = crl(ca.crl("issuing-1"));
        ca.revoke(serial("alice"), RevocationReason.KEY_COMPROMISE);

        X509CRLHolder after = crl(ca.crl("issuing-1"));

        assertThat(before.getRevokedCertificate(serial("alice"))).isNull();
        assertThat(after.getRevokedCertificate(serial("alice"))).isNotNull();
        assertThat(number(after)).isGreaterThan(number(before));
        assertThat(after.getNextUpdate().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(7)));
    }

    private static BigInteger number(X509CRLHolder list) {
        return org.bouncycastle.asn1.ASN1Integer.getInstance(
                        list.getExtension(Extension.cRLNumber).getParsedValue())
                .getValue();
    }

    @Test
    void a_list_is_signed_anew_at_half_of_its_validity_and_not_before() throws Exception {
        byte[] first = ca.crl("issuing-1");
        clock.advance(Duration.ofHours(83));
        assertThat(ca.crl("issuing-1")).isEqualTo(first);
        clock.advance(Duration.ofHours(1));

        assertThat(number(crl(ca.crl("issuing-1")))).isGreaterThan(number(crl(first)));
    }

    @Test
    void a_delta_has_what_changed_since_its_base() throws Exception {
        for (String name : List.of("alice", "bob", "carol")) {
            ca.issue(Member.client(name));
        }
        ca.revoke(serial("alice"), RevocationReason.SUPERSEDED);
        ca.revoke(serial("bob"), RevocationReason.CERTIFICATE_HOLD);
        X509CRLHolder base = crl(ca.crl("issuing-1"));
        ca.release(serial("bob"));
        ca.revoke(serial("carol"), RevocationReason.KEY_COMPROMISE);

        X509CRLHolder delta = crl(ca.deltaCrl("issuing-1"));
        X509CRLHolder full = crl(ca.crl("issuing-1"));

        assertThat(number(delta)).isEqualTo(number(full));
        assertThat(org.bouncycastle.asn1.ASN1Integer.getInstance(
                                delta.getExtension(Extension.deltaCRLIndicator).getParsedValue())
                        .getValue())
                .isEqualTo(number(base));
        assertThat(delta.getExtension(Extension.deltaCRLIndicator).isCritical()).isTrue();
        assertThat(delta.getRevokedCertificate(serial("alice"))).isNull();
        assertThat(reason(delta, "bob")).isEqualTo(8);
        assertThat(reason(delta, "carol")).isEqualTo(1);
        assertThat(full.getRevokedCertificate(serial("bob"))).isNull();
        assertThat(full.getExtension(Extension.freshestCRL)).isNotNull();
        refuses(() -> ca.deltaCrl("root-1"), "a root publishes no delta CRL", "take the complete one");
    }

    private int reason(X509CRLHolder list, String name) {
        return org.bouncycastle.asn1.ASN1Enumerated.getInstance(list.getRevokedCertificate(serial(name))
                        .getExtension(Extension.reasonCode)
                        .getParsedValue())
                .intValueExact();
    }

    @Test
    void a_base_is_kept_for_as_long_as_it_is_valid() throws Exception {
        X509CRLHolder first = crl(ca.crl("issuing-1"));
        clock.advance(Duration.ofDays(6));
        X509CRLHolder second = crl(ca.crl("issuing-1"));
        assertThat(baseOf(crl(ca.deltaCrl("issuing-1")))).isEqualTo(number(first));
        clock.advance(Duration.ofDays(6));
        assertThat(baseOf(crl(ca.deltaCrl("issuing-1")))).isEqualTo(number(second));
    }

    private static BigInteger baseOf(X509CRLHolder delta) {
        return org.bouncycastle.asn1.ASN1Integer.getInstance(
                        delta.getExtension(Extension.deltaCRLIndicator).getParsedValue())
                .getValue();
    }

    @Test
    void an_expired_certificate_leaves_the_list_after_one_more() throws Exception {
        ca.issue(Member.client("alice").lifetime(Duration.ofDays(10)));
        ca.revoke(serial("alice"), RevocationReason.SUPERSEDED);
        clock.advance(Duration.ofDays(16));
        assertThat(crl(ca.crl("issuing-1")).getRevokedCertificate(serial("alice")))
                .isNotNull();
        clock.advance(Duration.ofDays(4));
        assertThat(crl(ca.crl("issuing-1")).getRevokedCertificate(serial("alice")))
                .isNull();
    }

    @Test
    void a_new_issuing_ca_signs_from_now_on_and_the_old_one_goes_on_answering() throws Exception {
        ca.issue(Member.client("alice"));
        ca.rotateIssuing(null);
        ca.issue(Member.client("bob"));
        ca.revoke(serial("alice"), RevocationReason.SUPERSEDED);

        assertThat(ca.authorities()).containsExactly("root-1", "issuing-1", "issuing-2");
        assertThat(issued("alice").authority()).isEqualTo("issuing-1");
        assertThat(issued("bob").authority()).isEqualTo("issuing-2");
        assertThat(crl(ca.crl("issuing-1")).getRevokedCertificate(serial("alice")))
                .isNotNull();
        assertThat(crl(ca.crl("issuing-2")).getRevokedCertificate(serial("alice")))
                .isNull();
        assertThat(ca.responder("issuing-1").certificate().getIssuerX500Principal())
                .isEqualTo(ca.certificate("issuing-1").getSubjectX500Principal());
    }

    @Test
    void a_new_root_is_cross_signed_and_both_are_trusted_until_the_old_one_ends() throws Exception {
        X509Certificate old = ca.root();
        ca.issue(Member.client("alice"));
        ca.rotateRoot(null, null);
        HeldCertificate bob = ca.issue(Member.client("bob"));

        assertThat(ca.roots()).containsExactly(ca.root(), old);
        assertThat(bob.chain())
                .containsExactly(bob.certificate(), ca.certificate("issuing-2"), ca.certificate("root-2-by-root-1"));
        ca.certificate("root-2-by-root-1").verify(old.getPublicKey());
        ca.certificate("root-1-by-root-2").verify(ca.root().getPublicKey());
        assertThat(ca.certificate("root-2-by-root-1").getPublicKey())
                .isEqualTo(ca.root().getPublicKey());
        assertThat(ca.certificate("root-2-by-root-1").getNotAfter().toInstant())
                .isBeforeOrEqualTo(old.getNotAfter().toInstant());
        clock.advance(Duration.ofDays(3651));
        assertThat(ca.roots()).isEmpty();
    }

    @Test
    void the_ends_of_roots_differ_when_one_is_made_later() {
        clock.advance(Duration.ofDays(3000));
        ca.rotateRoot(null, null);
        HeldCertificate bob = ca.issue(Member.client("bob"));
        assertThat(bob.chain()).hasSize(3);
        clock.advance(Duration.ofDays(700));

        assertThat(ca.roots()).containsExactly(ca.root());
        assertThat(ca.issue(Member.client("carol")).chain())
                .as("nobody trusts the old root any more")
                .hasSize(2);
    }

    @Test
    void a_responder_is_delegated_short_lived_and_not_asked_about() throws Exception {
        HeldCertificate responder = ca.responder("issuing-1");

        assertThat(responder.certificate().getExtendedKeyUsage()).containsExactly(KeyPurpose.OCSP_SIGNING);
        assertThat(extension(responder.certificate(), "1.3.6.1.5.5.7.48.1.5"))
                .as("id-pkix-ocsp-nocheck, a NULL")
                .isEqualTo(Extensions.extension("1.3.6.1.5.5.7.48.1.5", false, new byte[] {5, 0}));
        assertThat(responder.certificate().getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(3)));
        assertThat(extension(responder.certificate(), Extension.authorityInfoAccess.getId()))
                .isNull();
        assertThat(ca.responder("issuing-1")).isSameAs(responder);
        clock.advance(Duration.ofDays(2));
        assertThat(ca.responder("issuing-1")).isNotSameAs(responder);
        assertThat(ca.list()).filteredOn(each -> each.kind() == Kind.RESPONDER).hasSize(2);
    }

    @Test
    void a_responder_of_a_ca_that_is_about_to_end_is_made_once() {
        clock.advance(Duration.ofDays(1825).minusHours(1));

        assertThat(ca.responder("issuing-1")).isSameAs(ca.responder("issuing-1"));
    }

    @Test
    void reminds_of_what_comes_to_its_end() {
        assertThat(ca.reminders()).isEmpty();
        clock.advance(Duration.ofDays(306));
        assertThat(ca.reminders())
                .containsExactly("The revocation list of root-1 ends at 2027-03-01T12:00:00Z:"
                        + " mtls-ca crl --renew --authority root-1");
        ca.renewRootCrl("root-1", null);
        assertThat(ca.reminders()).isEmpty();
        clock.set(NOW.plus(Duration.ofDays(1825 - 180)));
        ca.renewRootCrl("root-1", null);
        assertThat(ca.reminders())
                .containsExactly("issuing-1 ends at 2031-02-28T12:00:00Z, and so do the certificates that it signs:"
                        + " mtls-ca rotate issuing");
        ca.rotateIssuing(null);
        assertThat(ca.reminders()).isEmpty();
        clock.set(NOW.plus(Duration.ofDays(3650 - 365)));
        ca.renewRootCrl("root-1", null);
        assertThat(ca.reminders()).singleElement().asString().endsWith("mtls-ca rotate root");
        ca.rotateRoot(null, null);
        assertThat(ca.reminders()).isEmpty();
    }

    @Test
    void what_is_obtained_is_remembered_while_it_says_the_same() {
        HeldCertificate alice = ca.obtain(Member.client("alice").roles("a"));

        assertThat(ca.obtain(Member.client("alice").roles("a")).certificate()).isEqualTo(alice.certificate());
        assertThat(ca.obtain(Member.client("alice").roles("b")).certificate()).isNotEqualTo(alice.certificate());
    }

    @Test
    void a_hold_is_not_got_around_by_obtaining_another() {
        X509Certificate alice = ca.obtain(Member.client("alice")).certificate();
        ca.revoke(alice.getSerialNumber(), RevocationReason.CERTIFICATE_HOLD);

        assertThat(ca.obtain(Member.client("alice")).certificate()).isEqualTo(alice);
    }

    @Test
    void what_is_obtained_is_made_again_with_a_third_of_its_life_left_or_when_revoked() {
        Member member = Member.server("localhost", "127.0.0.1");
        X509Certificate first = ca.obtain(member).certificate();
        clock.advance(Duration.ofDays(59));
        assertThat(ca.obtain(member).certificate()).isEqualTo(first);
        clock.advance(Duration.ofDays(2));
        X509Certificate second = ca.obtain(member).certificate();
        assertThat(second).isNotEqualTo(first);
        ca.revoke(second.getSerialNumber(), RevocationReason.SUPERSEDED);
        X509Certificate third = ca.obtain(member).certificate();
        assertThat(third).isNotEqualTo(second);
        ca.rotateIssuing(null);
        assertThat(ca.obtain(member).certificate()).isNotEqualTo(third);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "../x",
                "a/b",
                "a\\b",
                "/etc/passwd",
                ".hidden",
                "trailing.",
                "a\0b",
                "a\nb",
                "-x",
                "a+b",
                "::1",
                "*example",
                "Zo\u00eb",
                "c:alice",
                "12345678901234567890123456789012345678901234567890123456789012345",
            })
    void a_name_that_cannot_name_a_file_is_refused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Member.client(name))
                .withMessageStartingWith("\"" + name + "\" cannot name a member");
        assertThatIllegalArgumentException().isThrownBy(() -> Member.server(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "alice", "alice@example.org", "127.0.0.1", "host-1.example", "a_b"})
    void a_plain_name_is_not(String name) {
        assertThat(ca.issue(Member.client(name))
                        .certificate()
                        .getSubjectX500Principal()
                        .getName())
                .isEqualTo("CN=" + name);
    }

    @Test
    void a_delta_takes_back_a_hold_that_its_base_never_knew() throws Exception {
        ca.issue(Member.client("alice"));
        ca.issue(Member.client("bob"));
        X509CRLHolder base = crl(ca.crl("issuing-1"));
        ca.revoke(serial("alice"), RevocationReason.CERTIFICATE_HOLD);
        ca.revoke(serial("bob"), RevocationReason.CERTIFICATE_HOLD);
        X509CRLHolder between = crl(ca.crl("issuing-1"));
        ca.release(serial("alice"));
        ca.release(serial("bob"));
        ca.revoke(serial("bob"), RevocationReason.KEY_COMPROMISE);

        X509CRLHolder delta = crl(ca.deltaCrl("issuing-1"));

        assertThat(between.getRevokedCertificate(serial("alice"))).isNotNull();
        assertThat(baseOf(delta)).as("who has the list in between may use it").isEqualTo(number(base));
        assertThat(reason(delta, "alice")).isEqualTo(8);
        assertThat(reason(delta, "bob")).isEqualTo(1);
    }

    @Test
    void an_issuing_ca_is_not_put_on_hold() {
        refuses(
                () -> ca.revokeIssuing("issuing-1", RevocationReason.CERTIFICATE_HOLD, null),
                "not put on hold",
                "revoke it for good");
        assertThat(ca.issue(Member.client("alice"))).isNotNull();
    }

    @Test
    void a_root_that_ended_is_replaced_without_its_signature() {
        ca.issue(Member.client("alice"));
        clock.advance(Duration.ofDays(3651));

        refuses(() -> ca.rotateIssuing(null), "root-1 signs no more: it ended at", "mtls-ca rotate root");
        refuses(() -> ca.responder("issuing-1"), "issuing-1 ended at", "a CA that has not");
        ca.rotateRoot(null, null);
        assertThat(ca.roots()).containsExactly(ca.certificate("root-2"));
        assertThat(ca.issue(Member.client("bob")).chain()).hasSize(2);
        assertThat(ca.renew("alice").authority()).isEqualTo("issuing-2");
    }

    @Test
    void before_an_issuing_ca_begins_the_clock_is_wrong() {
        clock.advance(Duration.ofDays(-1));

        refuses(
                () -> ca.issue(Member.client("alice")),
                "issuing-1 signs from 2026-03-01T11:55:00Z on",
                "set the clock");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, 86_400_000_000_000L, 157_680_001L, 0, -1, Long.MIN_VALUE})
    void a_lifetime_that_cannot_be_is_refused(long seconds) {
        refuses(
                () -> ca.issue(Member.client("alice").lifetime(Duration.ofSeconds(seconds))),
                seconds > 0 ? "would outlive its issuer" : "is over before it begins",
                "name a " + (seconds > 0 ? "shorter" : "longer"));
        assertThat(ca.named("alice")).isEmpty();
    }

    @Test
    void settings_of_more_than_a_hundred_years_are_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SETTINGS.withMemberLifetime(Duration.ofDays(1_000_000_000)))
                .withMessage("member-lifetime is longer than a hundred years");
    }

    @Test
    void a_name_is_of_one_member_whatever_its_case_and_its_kind() {
        ca.obtain(Member.server("api"));

        refuses(() -> ca.obtain(Member.client("api")), "api is a server already", "choose another name");
        refuses(() -> ca.issue(Member.server("API")), "there is a member api, whose files", "choose another name");
        refuses(() -> ca.obtain(Member.client("Api")), "there is a member api, whose files", "choose another name");
        assertThat(ca.named("api")).hasSize(1);
    }

    @Test
    void a_key_of_the_ca_itself_is_no_members_key() {
        HeldCertificate issuing = ca.issuing();
        ca.rotateIssuing(null);

        refuses(
                () -> ca.issue(Member.client("alice"), CertificationRequest.parse(Requests.of(issuing.keyPair()))),
                "this is a key of the CA itself",
                "have a new key made");
    }

    @Test
    void a_responder_that_was_revoked_answers_no_more() {
        HeldCertificate responder = ca.responder("issuing-1");
        BigInteger serial = responder.certificate().getSerialNumber();
        refuses(() -> ca.certificate(serial), "of a responder is not kept", "OCSP answer");

        ca.revoke(serial, RevocationReason.KEY_COMPROMISE);

        assertThat(ca.responder("issuing-1").certificate().getPublicKey())
                .isNotEqualTo(responder.certificate().getPublicKey());
    }
}
