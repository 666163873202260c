package io.mtls;

import static io.mtls.TestPki.ALICE;
import static io.mtls.TestPki.CLOCK;
import static io.mtls.TestPki.ISSUING;
import static io.mtls.TestPki.NOW;
import static io.mtls.TestPki.ROOT;
import static io.mtls.TestPki.chain;
import static io.mtls.TestPki.issuer;
import static io.mtls.TestPki.verifier;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.CertificateBuilder;
import io.mtls.ca.GeneralName;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyPurpose;
import io.mtls.ca.KeyType;
import io.mtls.ca.KeyUsage;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which chains get in, and for which reason the others do not. */
class ClientCertificateVerifierTest {

    private static final ClientCertificateVerifier VERIFIER = verifier(ROOT);

    // --- which chain -----------------------------------------------------------------------------------------------

    @Test
    void a_member_is_accepted_by_its_verified_path() {
        VerifiedPath path = accepted(VERIFIER, chain(ALICE, ISSUING));

        assertThat(path.certificates()).containsExactly(ALICE.certificate(), ISSUING.certificate(), ROOT.certificate());
        assertThat(path.issuer().name()).isEqualTo("acme");
    }

    @Test
    void the_order_of_the_presented_chain_does_not_matter() {
        HeldCertificate deeper = ISSUING.issueCa("CN=Acme Team").clock(CLOCK).build();
        HeldCertificate bob = deeper.issueClient("CN=bob").clock(CLOCK).build();

        accepted(VERIFIER, chain(bob, ROOT, ISSUING, deeper));
        accepted(VERIFIER, chain(bob, deeper, ISSUING));
    }

    @Test
    void the_issuer_comes_from_the_path_and_not_from_the_second_certificate_presented() {
        HeldCertificate stranger =
                HeldCertificate.root("CN=Stranger").clock(CLOCK).build();

        VerifiedPath path = accepted(VERIFIER, chain(ALICE, stranger, ISSUING));

        assertThat(path.certificates().get(1)).isEqualTo(ISSUING.certificate());
    }

    @Test
    void an_accepted_certificate_behind_a_strangers_own_does_not_let_the_stranger_in() {
        HeldCertificate mallory =
                HeldCertificate.selfSignedClient("CN=mallory").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.ISSUER_UNKNOWN, chain(mallory, ALICE, ISSUING));
    }

    @Test
    void an_unknown_ca_is_refused() {
        HeldCertificate other =
                HeldCertificate.root("CN=Other Root").clock(CLOCK).build();
        HeldCertificate alice = other.issueClient("CN=alice").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.ISSUER_UNKNOWN, chain(alice, other));
    }

    @Test
    void a_forged_ca_of_the_same_name_is_refused_for_its_signature() {
        HeldCertificate twin =
                HeldCertificate.root("CN=Acme Root,O=Acme").clock(CLOCK).build();
        HeldCertificate alice = twin.issueClient("CN=alice").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.SIGNATURE_INVALID, chain(alice, twin));
    }

    @Test
    void an_expired_forgery_is_reported_as_a_forgery() {
        HeldCertificate twin =
                HeldCertificate.root("CN=Acme Root,O=Acme").clock(CLOCK).build();
        HeldCertificate expired = twin.issueClient("CN=alice")
                .validity(NOW.minus(Duration.ofDays(9)), NOW.minus(Duration.ofDays(1)))
                .build();

        assertRejected(VERIFIER, RejectionReason.SIGNATURE_INVALID, chain(expired));
    }

    @Test
    void a_client_that_presents_only_its_own_certificate_gets_in_where_the_server_knows_the_intermediate() {
        assertRejected(VERIFIER, RejectionReason.ISSUER_UNKNOWN, chain(ALICE));

        ClientCertificateVerifier knowing = ClientCertificateVerifier.builder(issuer(ROOT)
                        .intermediates(List.of(ISSUING.certificate()))
                        .build())
                .build();
        accepted(knowing, chain(ALICE));
    }

    @Test
    void a_known_intermediate_is_no_anchor() {
        HeldCertificate other =
                HeldCertificate.root("CN=Other Root").clock(CLOCK).build();
        HeldCertificate otherIssuing =
                other.issueCa("CN=Other Issuing").clock(CLOCK).build();
        HeldCertificate mallory =
                otherIssuing.issueClient("CN=mallory").clock(CLOCK).build();
        ClientCertificateVerifier knowing = ClientCertificateVerifier.builder(issuer(ROOT)
                        .intermediates(List.of(otherIssuing.certificate()))
                        .build())
                .build();

        assertRejected(knowing, RejectionReason.ISSUER_UNKNOWN, chain(mallory));
    }

    @Test
    void an_intermediate_can_be_the_anchor() {
        assertThat(accepted(verifier(ISSUING), chain(ALICE)).anchor()).isEqualTo(ISSUING.certificate());
    }

    @Test
    void a_cross_signed_path_is_found_by_backtracking() {
        HeldCertificate newRoot =
                HeldCertificate.root("CN=New Root").clock(CLOCK).build();
        HeldCertificate expiredRoot = HeldCertificate.root("CN=Old Root")
                .validity(NOW.minus(Duration.ofDays(900)), NOW.minus(Duration.ofDays(1)))
                .build();
        HeldCertificate issuing = expiredRoot
                .issueCa("CN=Issuing")
                .validity(NOW.minus(Duration.ofDays(900)), NOW.plus(Duration.ofDays(9)))
                .build();
        HeldCertificate cross = issuing.crossSign(newRoot).clock(CLOCK).build();
        HeldCertificate bob = issuing.issueClient("CN=bob").clock(CLOCK).build();

        VerifiedPath path = accepted(verifier(expiredRoot, newRoot), chain(bob, issuing, cross));

        assertThat(path.anchor()).isEqualTo(newRoot.certificate());
    }

    @Test
    void cas_that_certify_each_other_in_a_loop_end_in_a_refusal() {
        HeldCertificate a = HeldCertificate.root("CN=A").clock(CLOCK).build();
        HeldCertificate b = HeldCertificate.root("CN=B").clock(CLOCK).build();
        HeldCertificate aByB = a.crossSign(b).clock(CLOCK).build();
        HeldCertificate bByA = b.crossSign(a).clock(CLOCK).build();
        HeldCertificate bob = a.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.ISSUER_UNKNOWN, chain(bob, aByB, bByA, a, b));
    }

    @Test
    void forged_cas_of_one_name_cost_a_bounded_number_of_signatures_and_do_not_hide_the_member() {
        List<HeldCertificate> presented = new ArrayList<>(List.of(ALICE));
        for (int i = 0; i < PathFinder.MAX_CHAIN_LENGTH - 2; i++) {
            presented.add(
                    HeldCertificate.root("CN=Acme Issuing,O=Acme").clock(CLOCK).build());
        }
        presented.add(ISSUING);

        accepted(VERIFIER, presented.toArray(HeldCertificate[]::new));
    }

    @Test
    void a_mesh_of_cross_certificates_exhausts_the_budget_and_not_the_server() {
        List<HeldCertificate> roots = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            roots.add(HeldCertificate.root("CN=Mesh " + i).clock(CLOCK).build());
        }
        List<X509Certificate> mesh = new ArrayList<>();
        for (HeldCertificate subject : roots) {
            for (HeldCertificate signer : roots) {
                if (subject != signer) {
                    mesh.add(subject.crossSign(signer).clock(CLOCK).build().certificate());
                }
            }
        }
        HeldCertificate bob = roots.get(0).issueClient("CN=bob").clock(CLOCK).build();
        PathPolicy deep = PathPolicy.builder().maxIntermediates(8).build();
        ClientCertificateVerifier knowingTheMesh = ClientCertificateVerifier.builder(
                        issuer(ROOT).intermediates(mesh).build())
                .policy(deep)
                .build();

        assertThat(reason(knowingTheMesh.verify(chain(bob), NOW))).isEqualTo(RejectionReason.PATH_BUDGET_EXCEEDED);
    }

    @Test
    void more_intermediates_than_the_policy_allows_are_refused_in_any_order_of_the_chain() {
        HeldCertificate deeper = ISSUING.issueCa("CN=Deeper").clock(CLOCK).build();
        HeldCertificate bob = deeper.issueClient("CN=bob").clock(CLOCK).build();
        ClientCertificateVerifier flat =
                verifier(PathPolicy.builder().maxIntermediates(1).build(), ROOT);

        assertRejected(flat, RejectionReason.PATH_TOO_LONG, chain(bob, deeper, ISSUING));
        assertRejected(flat, RejectionReason.PATH_TOO_LONG, chain(bob, ISSUING, deeper));
        accepted(flat, chain(ALICE, ISSUING));
    }

    @Test
    void a_path_length_constraint_of_an_intermediate_holds() {
        HeldCertificate flat =
                ROOT.issueCa("CN=Flat").maxPathLength(0).clock(CLOCK).build();
        HeldCertificate below = flat.issueCa("CN=Below").clock(CLOCK).build();
        HeldCertificate bob = below.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.PATH_TOO_LONG, chain(bob, below, flat));
    }

    @Test
    void a_path_length_constraint_of_the_trust_anchor_holds() {
        HeldCertificate root = HeldCertificate.root("CN=Flat Root")
                .maxPathLength(0)
                .clock(CLOCK)
                .build();
        HeldCertificate below = root.issueCa("CN=Below").clock(CLOCK).build();
        HeldCertificate bob = below.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(verifier(root), RejectionReason.PATH_TOO_LONG, chain(bob, below));
    }

    @Test
    void an_end_entity_is_no_issuer() {
        HeldCertificate bob = ALICE.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.ISSUER_NOT_CA, chain(bob, ALICE, ISSUING));
    }

    @Test
    void a_ca_without_key_cert_sign_is_no_issuer() {
        HeldCertificate crlOnly = ROOT.issueCa("CN=CRL only")
                .keyUsage(KeyUsage.CRL_SIGN)
                .clock(CLOCK)
                .build();
        HeldCertificate bob = crlOnly.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.KEY_USAGE_REFUSED, chain(bob, crlOnly));
    }

    @Test
    void a_cas_certificate_is_not_a_clients_unless_that_is_allowed_by_name() {
        HeldCertificate ca = ROOT.issueCa("CN=alice")
                .keyUsage(KeyUsage.KEY_CERT_SIGN, KeyUsage.DIGITAL_SIGNATURE)
                .extendedKeyUsage(KeyPurpose.CLIENT_AUTH)
                .clock(CLOCK)
                .build();

        assertRejected(VERIFIER, RejectionReason.CERTIFICATE_IS_CA, chain(ca));
        accepted(verifier(PathPolicy.builder().allowCaAsClient().build(), ROOT), chain(ca));
    }

    // --- time ------------------------------------------------------------------------------------------------------

    @Test
    void an_expired_certificate_is_refused_to_the_second() {
        Instant end = ALICE.certificate().getNotAfter().toInstant();

        assertThat(VERIFIER.verify(chain(ALICE, ISSUING), end)).isInstanceOf(Verdict.Accepted.class);
        assertThat(reason(VERIFIER.verify(chain(ALICE, ISSUING), end.plusMillis(1))))
                .isEqualTo(RejectionReason.CERTIFICATE_EXPIRED);
    }

    @Test
    void a_certificate_of_tomorrow_is_refused() {
        Instant start = ALICE.certificate().getNotBefore().toInstant();

        assertThat(reason(VERIFIER.verify(chain(ALICE, ISSUING), start.minusMillis(1))))
                .isEqualTo(RejectionReason.CERTIFICATE_NOT_YET_VALID);
    }

    @Test
    void an_expired_intermediate_is_refused() {
        HeldCertificate old = ROOT.issueCa("CN=Old")
                .validity(NOW.minus(Duration.ofDays(9)), NOW.minus(Duration.ofDays(1)))
                .build();
        HeldCertificate bob = old.issueClient("CN=bob")
                .validity(NOW.minus(Duration.ofDays(9)), NOW.plus(Duration.ofDays(9)))
                .build();

        assertRejected(VERIFIER, RejectionReason.ISSUER_NOT_VALID, chain(bob, old));
    }

    @Test
    void an_expired_trust_anchor_is_refused() {
        HeldCertificate root = HeldCertificate.root("CN=Old Root")
                .validity(NOW.minus(Duration.ofDays(9)), NOW.minus(Duration.ofDays(1)))
                .build();
        HeldCertificate bob = root.issueClient("CN=bob")
                .validity(NOW.minus(Duration.ofDays(9)), NOW.plus(Duration.ofDays(9)))
                .build();

        assertRejected(verifier(root), RejectionReason.ANCHOR_NOT_VALID, chain(bob));
    }

    @Test
    void the_most_specific_reason_is_the_one_reported() {
        HeldCertificate expiredAndForServers = ISSUING.issueServer("localhost")
                .validity(NOW.minus(Duration.ofDays(9)), NOW.minus(Duration.ofDays(1)))
                .build();

        assertRejected(VERIFIER, RejectionReason.CERTIFICATE_EXPIRED, chain(expiredAndForServers, ISSUING));
    }

    // --- usages ----------------------------------------------------------------------------------------------------

    @Test
    void a_servers_certificate_is_no_clients() {
        assertRejected(
                VERIFIER,
                RejectionReason.EXTENDED_KEY_USAGE_REFUSED,
                chain(ISSUING.issueServer("localhost").clock(CLOCK).build(), ISSUING));
    }

    @Test
    void a_certificate_without_extended_key_usage_is_refused_unless_that_is_allowed_by_name() {
        HeldCertificate bob = client().withoutExtendedKeyUsage().build();

        assertRejected(VERIFIER, RejectionReason.EXTENDED_KEY_USAGE_REFUSED, chain(bob, ISSUING));
        accepted(verifier(PathPolicy.builder().allowMissingExtendedKeyUsage().build(), ROOT), chain(bob, ISSUING));
    }

    @Test
    void any_extended_key_usage_is_refused_unless_that_is_allowed_by_name() {
        HeldCertificate bob = client().extendedKeyUsage(KeyPurpose.ANY).build();

        assertRejected(VERIFIER, RejectionReason.EXTENDED_KEY_USAGE_REFUSED, chain(bob, ISSUING));
        accepted(verifier(PathPolicy.builder().allowAnyExtendedKeyUsage().build(), ROOT), chain(bob, ISSUING));
    }

    @Test
    void the_extended_key_usage_of_an_intermediate_binds_what_it_issues() {
        HeldCertificate serversOnly = ROOT.issueCa("CN=Servers only")
                .extendedKeyUsage(KeyPurpose.SERVER_AUTH)
                .clock(CLOCK)
                .build();
        HeldCertificate bob = serversOnly.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.EXTENDED_KEY_USAGE_REFUSED, chain(bob, serversOnly));
    }

    @Test
    void the_extended_key_usage_of_a_trust_anchor_binds_what_it_issues() {
        HeldCertificate mailOnly = HeldCertificate.root("CN=Mail only")
                .extendedKeyUsage(KeyPurpose.EMAIL_PROTECTION)
                .clock(CLOCK)
                .build();
        HeldCertificate bob = mailOnly.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(verifier(mailOnly), RejectionReason.EXTENDED_KEY_USAGE_REFUSED, chain(bob));
    }

    @Test
    void a_key_usage_without_digital_signature_is_refused() {
        HeldCertificate bob = client().keyUsage(KeyUsage.KEY_ENCIPHERMENT).build();

        assertRejected(VERIFIER, RejectionReason.KEY_USAGE_REFUSED, chain(bob, ISSUING));
    }

    // --- names -----------------------------------------------------------------------------------------------------

    @Test
    void name_constraints_of_the_trust_anchor_hold() {
        HeldCertificate root = HeldCertificate.root("CN=Constrained Root")
                .permittedSubtrees(GeneralName.dns("acme.example"))
                .clock(CLOCK)
                .build();
        HeldCertificate inside =
                root.issueClient("CN=in").dns("a.acme.example").clock(CLOCK).build();
        HeldCertificate outside =
                root.issueClient("CN=out").dns("a.other.example").clock(CLOCK).build();

        accepted(verifier(root), chain(inside));
        assertRejected(verifier(root), RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(outside));
    }

    @Test
    void an_excluded_subtree_of_the_trust_anchor_holds_for_addresses_in_the_subject_too() {
        HeldCertificate root = HeldCertificate.root("CN=Constrained Root")
                .excludedSubtrees(GeneralName.email("other.example"))
                .clock(CLOCK)
                .build();
        HeldCertificate outside = root.issueClient("CN=out,emailAddress=x@other.example")
                .clock(CLOCK)
                .build();

        assertRejected(verifier(root), RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(outside));
    }

    @Test
    void name_constraints_of_an_intermediate_hold() {
        HeldCertificate constrained = ROOT.issueCa("CN=Constrained")
                .permittedSubtrees(GeneralName.dns("acme.example"))
                .clock(CLOCK)
                .build();
        HeldCertificate outside = constrained
                .issueClient("CN=out")
                .dns("a.other.example")
                .clock(CLOCK)
                .build();

        assertRejected(VERIFIER, RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(outside, constrained));
    }

    @Test
    void a_name_constraint_on_other_names_is_a_refusal_and_not_an_exception() {
        byte[] utf8String = {0x0c, 1, 'x'};
        HeldCertificate odd = ROOT.issueCa("CN=Odd")
                .excludedSubtrees(GeneralName.otherName("1.3.6.1.4.1.311.20.2.3", utf8String))
                .clock(CLOCK)
                .build();
        HeldCertificate bob =
                odd.issueClient("CN=bob").upn("bob@acme.example").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(bob, odd));
    }

    @Test
    void a_name_that_the_jdk_cannot_read_does_not_switch_name_constraints_off() {
        HeldCertificate partner = ROOT.issueCa("CN=Partner")
                .permittedSubtrees(GeneralName.uri("partner.example"), GeneralName.dns("partner.example"))
                .clock(CLOCK)
                .build();
        byte[] addressOfThreeBytes = {(byte) 0x87, 3, 1, 2, 3};

        for (GeneralName outside :
                List.of(GeneralName.uri("spiffe://victim.example/admin"), GeneralName.dns("victim.example"))) {
            HeldCertificate honest = partner.issueClient("CN=out")
                    .subjectAlternativeName(outside)
                    .clock(CLOCK)
                    .build();
            byte[] readable = sanOf(honest);
            byte[] unreadable = Arrays.copyOf(readable, readable.length + addressOfThreeBytes.length);
            System.arraycopy(addressOfThreeBytes, 0, unreadable, readable.length, addressOfThreeBytes.length);
            unreadable[1] += (byte) addressOfThreeBytes.length;
            HeldCertificate sly = partner.issueClient("CN=out")
                    .rawSan(unreadable)
                    .clock(CLOCK)
                    .build();

            assertRejected(VERIFIER, RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(honest, partner));
            assertRejected(VERIFIER, RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(sly, partner));
        }
    }

    @Test
    void an_address_in_the_subject_is_constrained_even_beside_alternative_names() {
        HeldCertificate partner = ROOT.issueCa("CN=Partner")
                .permittedSubtrees(GeneralName.email("partner.example"))
                .clock(CLOCK)
                .build();
        HeldCertificate outside = partner.issueClient("CN=out,emailAddress=ceo@victim.example")
                .dns("partner.example")
                .clock(CLOCK)
                .build();

        assertRejected(VERIFIER, RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(outside, partner));
    }

    @Test
    void a_uri_without_a_host_cannot_satisfy_a_constraint() {
        HeldCertificate partner = ROOT.issueCa("CN=Partner")
                .permittedSubtrees(GeneralName.uri("partner.example"))
                .clock(CLOCK)
                .build();
        HeldCertificate hostless = partner.issueClient("CN=out")
                .uri("urn:partner.example")
                .clock(CLOCK)
                .build();

        assertRejected(VERIFIER, RejectionReason.NAME_CONSTRAINT_VIOLATED, chain(hostless, partner));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.5.29.15", "2.5.29.17", "2.5.29.30", "2.5.29.32", "2.5.29.35", "2.5.29.36", "2.5.29.37"})
    void an_extension_that_cannot_be_read_is_not_taken_for_absent(String oid) {
        HeldCertificate bob = client().withoutExtension(oid)
                .extension(oid, false, new byte[] {0x13, 1, 'x'})
                .build();

        assertRejected(VERIFIER, RejectionReason.EXTENSION_REFUSED, chain(bob, ISSUING));
    }

    @Test
    void more_names_than_any_honest_certificate_has_are_refused() {
        CertificateBuilder crowd = client();
        for (int i = 0; i <= ExtensionBounds.MAX_NAMES; i++) {
            crowd.dns("h" + i + ".example");
        }

        assertRejected(VERIFIER, RejectionReason.EXTENSION_REFUSED, chain(crowd.build(), ISSUING));
    }

    @Test
    void policy_mappings_that_make_the_policy_tree_explode_are_refused() {
        int policies = ExtensionBounds.MAX_MAPPINGS_OF_ONE_POLICY + 1;
        ByteArrayOutputStream pairs = new ByteArrayOutputStream();
        for (int from = 0; from < policies; from++) {
            for (int to = 0; to < policies; to++) {
                pairs.writeBytes(new byte[] {0x30, 8, 6, 2, 42, (byte) from, 6, 2, 42, (byte) to});
            }
        }
        ByteArrayOutputStream mappings = new ByteArrayOutputStream();
        mappings.writeBytes(new byte[] {0x30, (byte) 0x81, (byte) pairs.size()});
        mappings.writeBytes(pairs.toByteArray());
        HeldCertificate mapping = ROOT.issueCa("CN=Mapping")
                .certificatePolicies("1.2.0", "1.2.1", "1.2.2")
                .extension("2.5.29.33", false, mappings.toByteArray())
                .clock(CLOCK)
                .build();
        HeldCertificate bob = mapping.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.EXTENSION_REFUSED, chain(bob, mapping));
    }

    @Test
    void a_critical_extension_of_a_trust_anchor_that_is_not_understood_stops_the_start() {
        HeldCertificate odd = HeldCertificate.root("CN=Odd Root")
                .extension("1.2.3.4.5", true, new byte[] {5, 0})
                .clock(CLOCK)
                .build();

        assertThatThrownBy(() -> verifier(odd)).hasMessageContaining("critical extension");
    }

    @Test
    void an_unknown_critical_extension_is_refused() {
        HeldCertificate bob =
                client().extension("1.2.3.4.5", true, new byte[] {5, 0}).build();

        assertRejected(VERIFIER, RejectionReason.CRITICAL_EXTENSION_UNKNOWN, chain(bob, ISSUING));
    }

    @Test
    void required_policies_are_required() {
        PathPolicy gold =
                PathPolicy.builder().requirePolicies(Set.of("1.2.3.4")).build();
        HeldCertificate issuing = ROOT.issueCa("CN=Gold")
                .certificatePolicies("1.2.3.4")
                .clock(CLOCK)
                .build();
        HeldCertificate with = issuing.issueClient("CN=a")
                .certificatePolicies("1.2.3.4")
                .clock(CLOCK)
                .build();
        HeldCertificate without = issuing.issueClient("CN=b").clock(CLOCK).build();

        accepted(verifier(gold, ROOT), chain(with, issuing));
        assertRejected(verifier(gold, ROOT), RejectionReason.POLICY_VIOLATED, chain(without, issuing));
    }

    // --- keys and algorithms ---------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(
            value = KeyType.class,
            names = {"P256", "P384", "P521", "ED25519", "RSA_2048"})
    void sound_keys_are_accepted(KeyType type) {
        accepted(VERIFIER, chain(client().keyType(type).build(), ISSUING));
    }

    @ParameterizedTest
    @EnumSource(
            value = KeyType.class,
            names = {"RSA_1024", "DSA_2048"})
    void weak_or_withdrawn_keys_are_refused(KeyType type) {
        assertRejected(
                VERIFIER,
                RejectionReason.KEY_REFUSED,
                chain(client().keyType(type).build(), ISSUING));
    }

    @Test
    void an_rsa_key_whose_exponent_makes_it_dear_is_refused_before_it_is_used() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(new RSAKeyGenParameterSpec(
                2048, BigInteger.ONE.shiftLeft(PathPolicy.MAX_RSA_EXPONENT_BITS).add(BigInteger.valueOf(13))));
        HeldCertificate dear = client().keyPair(generator.generateKeyPair()).build();

        assertRejected(VERIFIER, RejectionReason.KEY_REFUSED, chain(dear, ISSUING));
    }

    @Test
    void junk_beside_the_certificate_does_not_change_the_reason() {
        HeldCertificate other =
                HeldCertificate.root("CN=Other Root").clock(CLOCK).build();
        HeldCertificate alice = other.issueClient("CN=alice").clock(CLOCK).build();
        HeldCertificate notCa =
                ISSUING.issueClient("CN=Other Root").clock(CLOCK).build();
        HeldCertificate weakTwin = HeldCertificate.root("CN=Other Root")
                .keyType(KeyType.RSA_1024)
                .clock(CLOCK)
                .build();

        assertRejected(VERIFIER, RejectionReason.ISSUER_UNKNOWN, chain(alice, notCa));
        assertRejected(VERIFIER, RejectionReason.ISSUER_UNKNOWN, chain(alice, weakTwin));
    }

    @Test
    void a_small_rsa_key_of_an_intermediate_is_refused() {
        HeldCertificate small =
                ROOT.issueCa("CN=Small").keyType(KeyType.RSA_1024).clock(CLOCK).build();
        HeldCertificate bob = small.issueClient("CN=bob").clock(CLOCK).build();

        assertRejected(VERIFIER, RejectionReason.KEY_REFUSED, chain(bob, small));
    }

    @Test
    void a_small_key_of_a_trust_anchor_stops_the_start() {
        HeldCertificate small = HeldCertificate.root("CN=Small Root")
                .keyType(KeyType.RSA_1024)
                .clock(CLOCK)
                .build();

        assertThatThrownBy(() -> verifier(small)).hasMessageContaining("RSA key of 1024 bits");
        verifier(PathPolicy.builder().allowSmallRsaKeys(1024).build(), small);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHA1withRSA", "MD5withRSA"})
    void old_hashes_are_refused(String algorithm) {
        HeldCertificate rsaRoot = HeldCertificate.root("CN=RSA Root")
                .keyType(KeyType.RSA_2048)
                .clock(CLOCK)
                .build();
        HeldCertificate bob = rsaRoot.issueClient("CN=bob")
                .signatureAlgorithm(algorithm)
                .clock(CLOCK)
                .build();

        assertRejected(verifier(rsaRoot), RejectionReason.ALGORITHM_REFUSED, chain(bob));
    }

    @Test
    void a_blank_ecdsa_signature_is_refused() {
        byte[] rAndSAreZero = {0x30, 6, 2, 1, 0, 2, 1, 0};

        assertRejected(
                VERIFIER,
                RejectionReason.SIGNATURE_INVALID,
                chain(client().signature(rAndSAreZero).build(), ISSUING));
        assertRejected(
                VERIFIER,
                RejectionReason.SIGNATURE_INVALID,
                chain(client().signature(new byte[0]).build(), ISSUING));
    }

    @Test
    void a_longer_life_than_allowed_is_refused() {
        ClientCertificateVerifier strict =
                verifier(PathPolicy.builder().maxLifetime(Duration.ofDays(30)).build(), ROOT);
        HeldCertificate brief = client().lifetime(Duration.ofDays(20)).build();

        assertRejected(strict, RejectionReason.LIFETIME_TOO_LONG, chain(ALICE, ISSUING));
        accepted(strict, chain(brief, ISSUING));
    }

    // --- pinned certificates ---------------------------------------------------------------------------------------

    @Test
    void a_partners_certificate_gets_in_only_where_it_is_pinned_by_name() {
        HeldCertificate partner =
                HeldCertificate.selfSignedClient("CN=partner").clock(CLOCK).build();
        HeldCertificate impostor =
                HeldCertificate.selfSignedClient("CN=partner").clock(CLOCK).build();
        ClientCertificateVerifier pinning = pinning(partner);

        assertRejected(VERIFIER, RejectionReason.ISSUER_UNKNOWN, chain(partner));
        accepted(pinning, chain(partner));
        assertRejected(pinning, RejectionReason.ISSUER_UNKNOWN, chain(impostor));
    }

    @Test
    void a_pinned_certificate_issues_nothing_even_if_it_says_it_could() {
        HeldCertificate partner =
                HeldCertificate.root("CN=partner").clock(CLOCK).build();
        HeldCertificate below = partner.issueClient("CN=below").clock(CLOCK).build();

        assertRejected(pinning(partner), RejectionReason.ISSUER_UNKNOWN, chain(below, partner));
    }

    @Test
    void a_pinned_certificate_expires_like_any_other() {
        HeldCertificate partner = HeldCertificate.selfSignedClient("CN=partner")
                .validity(NOW.minus(Duration.ofDays(9)), NOW.minus(Duration.ofDays(1)))
                .build();

        assertRejected(pinning(partner), RejectionReason.CERTIFICATE_EXPIRED, chain(partner));
    }

    @Test
    void a_pinned_certificate_with_an_unknown_critical_extension_is_refused() {
        HeldCertificate partner = HeldCertificate.selfSignedClient("CN=partner")
                .extension("1.2.3.4.5", true, new byte[] {5, 0})
                .clock(CLOCK)
                .build();

        assertRejected(pinning(partner), RejectionReason.CRITICAL_EXTENSION_UNKNOWN, chain(partner));
    }

    @Test
    void a_pinned_certificate_whose_usage_cannot_be_read_is_not_taken_to_have_none() {
        HeldCertificate partner = HeldCertificate.selfSignedClient("CN=partner")
                .withoutExtendedKeyUsage()
                .extension("2.5.29.37", false, new byte[] {0x13, 1, 'x'})
                .clock(CLOCK)
                .build();

        assertRejected(pinning(partner), RejectionReason.EXTENSION_REFUSED, chain(partner));
    }

    @Test
    void an_end_entity_as_an_ordinary_anchor_stops_the_start() {
        assertThatThrownBy(() -> TrustAnchors.of(ALICE.certificate()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("TrustAnchors.pinnedEndEntities");
    }

    // --- bounds ----------------------------------------------------------------------------------------------------

    @Test
    void a_chain_beyond_the_bounds_is_refused_unread() {
        X509Certificate[] endless = new X509Certificate[PathFinder.MAX_CHAIN_LENGTH + 1];
        Arrays.fill(endless, ALICE.certificate());
        assertRejected(VERIFIER, RejectionReason.CHAIN_TOO_LARGE, endless);

        HeldCertificate bloated = client().extension("1.2.3.4.5", false, new byte[PathFinder.MAX_CHAIN_BYTES])
                .build();
        assertRejected(VERIFIER, RejectionReason.CHAIN_TOO_LARGE, chain(bloated, ISSUING));
    }

    @Test
    void an_empty_chain_is_no_certificate() {
        assertRejected(VERIFIER, RejectionReason.CERTIFICATE_REQUIRED);
    }

    @Test
    void a_members_certificate_replayed_with_junk_in_handshakes_evicts_nobody() {
        ClientCertificateVerifier verifier = verifier(ROOT);
        VerifiedPath remembered = path(verifier.verifyProved(chain(ALICE, ISSUING), NOW));
        HeldCertificate junk = HeldCertificate.root("CN=Junk").clock(CLOCK).build();

        VerifiedPath once = path(verifier.verify(chain(ALICE, ISSUING, junk), NOW));
        VerifiedPath again = path(verifier.verify(chain(ALICE, ISSUING, junk), NOW));

        assertThat(once).as("a handshake remembers nothing for another").isNotSameAs(again);
        assertThat(path(verifier.verifyProved(chain(ALICE, ISSUING), NOW))).isSameAs(remembered);
    }

    @Test
    void a_refusal_is_not_an_answer_for_another_time() {
        ClientCertificateVerifier verifier = verifier(ROOT);
        Instant end = ALICE.certificate().getNotAfter().toInstant();

        assertThat(reason(verifier.verifyProved(chain(ALICE, ISSUING), end.plusSeconds(1))))
                .isEqualTo(RejectionReason.CERTIFICATE_EXPIRED);
        assertThat(verifier.verifyProved(chain(ALICE, ISSUING), NOW)).isInstanceOf(Verdict.Accepted.class);
    }

    // --- configuration ---------------------------------------------------------------------------------------------

    @Test
    void no_anchor_named_is_never_the_systems() {
        assertThatThrownBy(() -> TrustAnchors.of(List.of())).hasMessageContaining("No trust anchors");
        assertThatThrownBy(() -> ClientCertificateVerifier.builder(List.of()).build())
                .hasMessageContaining("No trusted issuer");
    }

    @Test
    void an_anchor_of_two_issuers_stops_the_start() {
        TrustedIssuer one = TrustedIssuer.builder("one", TrustAnchors.of(ROOT.certificate()))
                .build();
        TrustedIssuer two = TrustedIssuer.builder("two", TrustAnchors.of(ROOT.certificate()))
                .principalPrefix("two:")
                .build();

        assertThatThrownBy(() -> ClientCertificateVerifier.builder(one, two).build())
                .hasMessageContaining("belongs to two issuers, 'one' and 'two'");
    }

    @Test
    void two_issuers_that_could_name_each_others_members_stop_the_start() {
        TrustedIssuer one = TrustedIssuer.builder("one", TrustAnchors.of(ROOT.certificate()))
                .build();
        TrustedIssuer two = TrustedIssuer.builder("two", TrustAnchors.of(ISSUING.certificate()))
                .build();

        assertThatThrownBy(() -> ClientCertificateVerifier.builder(one, two).build())
                .hasMessageContaining("in the name of the other's members");
    }

    private static byte[] sanOf(HeldCertificate held) {
        return Objects.requireNonNull(Certificates.extensionValue(held.certificate(), "2.5.29.17"));
    }

    private static CertificateBuilder client() {
        return ISSUING.issueClient("CN=bob").clock(CLOCK);
    }

    private static ClientCertificateVerifier pinning(HeldCertificate partner) {
        return ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("partner", TrustAnchors.pinnedEndEntities(List.of(partner.certificate())))
                                .build())
                .build();
    }

    private static VerifiedPath accepted(ClientCertificateVerifier verifier, HeldCertificate... presented) {
        return accepted(verifier, chain(presented));
    }

    private static VerifiedPath accepted(ClientCertificateVerifier verifier, X509Certificate[] presented) {
        return path(verifier.verify(presented, NOW));
    }

    private static VerifiedPath path(Verdict verdict) {
        return verdict.fold(
                Verdict.Accepted::path,
                rejected -> {
                    throw new AssertionError(rejected);
                },
                undecided -> {
                    throw new AssertionError(undecided);
                });
    }

    private static void assertRejected(
            ClientCertificateVerifier verifier, RejectionReason expected, X509Certificate... presented) {
        Verdict verdict = verifier.verify(presented, NOW);
        assertThat(reason(verdict)).as(verdict.toString()).isEqualTo(expected);
    }

    private static RejectionReason reason(Verdict verdict) {
        return verdict.fold(
                accepted -> {
                    throw new AssertionError(accepted);
                },
                Verdict.Rejected::reason,
                undecided -> {
                    throw new AssertionError(undecided);
                });
    }
}
