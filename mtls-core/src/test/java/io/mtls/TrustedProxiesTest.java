package io.mtls;

import static io.mtls.TestPki.ALICE;
import static io.mtls.TestPki.CLOCK;
import static io.mtls.TestPki.ISSUING;
import static io.mtls.TestPki.ROOT;
import static io.mtls.TestPki.chain;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.HeldCertificate;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.RevocationSource;
import io.mtls.revocation.RevocationStatus;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may say whose certificate they saw, and what becomes of it. */
class TrustedProxiesTest {

    private static final HeldCertificate PROXY_CA =
            HeldCertificate.root("CN=Proxy CA").clock(CLOCK).build();
    private static final HeldCertificate PROXY =
            PROXY_CA.issueClient("CN=nginx-1").clock(CLOCK).build();
    private static final HeldCertificate DIRECT_CA =
            HeldCertificate.root("CN=Direct CA").clock(CLOCK).build();
    private static final HeldCertificate DIRECT =
            DIRECT_CA.issueClient("CN=dora").clock(CLOCK).build();
    private static final ForwardedCertificates FORMAT = ForwardedCertificates.rfc9440();

    private final List<MtlsEvent> events = new ArrayList<>();
    private final Map<String, RevocationStatus> statuses = new ConcurrentHashMap<>();
    private final Map<String, RevocationStatus> fetched = new ConcurrentHashMap<>();

    private final ClientCertificateVerifier direct = TestPki.verifier(DIRECT_CA);
    private final ClientCertificateVerifier members =
            verifier(TestPki.issuer(ROOT).roleRule(RoleRule.sameName(CertificateField.subject("OU"), "auditor")));
    private final ClientCertificateVerifier proxies =
            verifier(TestPki.issuer(PROXY_CA).members(List.of("nginx-1")));

    private ClientCertificateVerifier verifier(TrustedIssuer.Builder issuer) {
        RevocationSource source = new RevocationSource() {
            @Override
            public RevocationStatus known(RevocationQuery query, Instant at) {
                return statuses.getOrDefault(nameOf(query), new RevocationStatus.Good(at));
            }

            @Override
            public CompletionStage<?> refresh(RevocationQuery query) {
                statuses.put(
                        nameOf(query), fetched.getOrDefault(nameOf(query), new RevocationStatus.Good(Instant.MAX)));
                return CompletableFuture.completedFuture(null);
            }
        };
        return ClientCertificateVerifier.builder(
                        issuer.revocation(RevocationPolicy.builder(source).build())
                                .build())
                .build();
    }

    private static String nameOf(RevocationQuery query) {
        return query.certificate().getSubjectX500Principal().getName();
    }

    private final ClientAuthenticator byAddress =
            authenticator(TrustedProxies.builder(FORMAT, () -> members).addresses("10.1.0.0/16", "2001:db8::1"));
    private final ClientAuthenticator byCertificate =
            authenticator(TrustedProxies.builder(FORMAT, () -> members).certificates(() -> proxies));
    private final ClientAuthenticator byBoth = authenticator(TrustedProxies.builder(FORMAT, () -> members)
            .certificates(() -> proxies)
            .addresses("10.1.0.0/16"));

    private ClientAuthenticator authenticator(TrustedProxies.Builder proxiesBuilder) {
        return new ClientAuthenticator(() -> direct, CLOCK, events::add).behind(proxiesBuilder.build());
    }

    @BeforeEach
    void forgetEvents() {
        events.clear();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.2.3", "2001:db8::1"})
    void a_member_gets_in_by_a_proxy_that_is_known_by_its_address(String address) {
        assertThat(answer(byAddress, from(address).forwarding(ALICE, ISSUING))).isEqualTo("alice [auditor]");
    }

    @Test
    void a_member_gets_in_by_a_proxy_that_is_known_by_its_certificate() {
        assertThat(answer(byCertificate, from("192.0.2.1").presenting(PROXY).forwarding(ALICE, ISSUING)))
                .isEqualTo("alice [auditor]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.2.0.1", "192.0.2.1", "2001:db8::2", "::ffff:10.2.0.1"})
    void a_header_from_another_address_is_refused(String address) {
        assertThat(answer(byAddress, from(address).forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
        assertThat(answer(byBoth, from(address).presenting(PROXY).forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
    }

    @Test
    void a_header_from_an_address_that_is_not_known_is_refused() {
        assertThat(answer(byAddress, new Request(null).forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
    }

    @Test
    void a_header_from_a_caller_without_the_proxys_certificate_is_refused() {
        assertThat(answer(byCertificate, from("10.1.2.3").forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
        assertThat(answer(byBoth, from("10.1.2.3").forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
        assertThat(answer(byCertificate, from("10.1.2.3").presenting(DIRECT).forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
    }

    @Test
    void a_header_is_refused_where_certificates_are_ignored_too() {
        assertThat(answer(byAddress, from("192.0.2.1").forwarding(ALICE, ISSUING), ClientAuth.NONE))
                .isEqualTo("forwarded-certificate-refused");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Client-Cert", "client-cert", "CLIENT-CERT", "Client_Cert", "Client.Cert", "Client-Cert-Chain"})
    void every_spelling_of_a_header_is_refused_from_a_stranger(String name) {
        assertThat(answer(byAddress, from("192.0.2.1").presenting(DIRECT).with(name, "x")))
                .isEqualTo("forwarded-certificate-refused");
        assertThat(byAddress.hides(name)).isTrue();
    }

    @Test
    void somebody_who_connects_himself_is_who_he_is() {
        assertThat(answer(byAddress, from("192.0.2.1").presenting(DIRECT))).isEqualTo("dora []");
        assertThat(answer(byCertificate, from("192.0.2.1").presenting(DIRECT))).isEqualTo("dora []");
        assertThat(answer(byAddress, from("192.0.2.1"))).isEqualTo("certificate-required");
    }

    @Test
    void who_may_hold_what_is_forwarded_may_not_connect_himself_and_the_other_way_round() {
        assertThat(answer(byAddress, from("192.0.2.1").presenting(ALICE, ISSUING)))
                .isEqualTo("issuer-unknown");
        assertThat(answer(byAddress, from("10.1.2.3").forwarding(DIRECT))).isEqualTo("issuer-unknown");
    }

    @Test
    void the_proxys_certificate_is_never_the_caller() {
        assertThat(answer(byCertificate, from("192.0.2.1").presenting(PROXY))).isEqualTo("certificate-required");
        assertThat(answer(byCertificate, from("192.0.2.1").presenting(PROXY), ClientAuth.WANT))
                .isEqualTo("anonymous");
        assertThat(answer(byAddress, from("10.1.2.3").presenting(DIRECT))).isEqualTo("certificate-required");
    }

    @Test
    void a_proxy_that_is_not_on_the_list_is_none() {
        HeldCertificate other = PROXY_CA.issueClient("CN=nginx-2").clock(CLOCK).build();

        assertThat(answer(byCertificate, from("192.0.2.1").presenting(other).forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
    }

    @Test
    void a_proxy_whose_certificate_is_revoked_is_none() {
        Request request = from("192.0.2.1").presenting(PROXY).forwarding(ALICE, ISSUING);
        assertThat(answer(byCertificate, request)).isEqualTo("alice [auditor]");
        statuses.put("CN=nginx-1", new RevocationStatus.Revoked(TestPki.NOW, "keyCompromise"));

        assertThat(answer(byCertificate, request)).isEqualTo("forwarded-certificate-refused");
    }

    @Test
    void what_is_forwarded_is_verified_in_full() {
        HeldCertificate stranger = HeldCertificate.root("CN=Mallory")
                .clock(CLOCK)
                .build()
                .issueClient("CN=alice")
                .clock(CLOCK)
                .build();
        HeldCertificate expired = ISSUING.issueClient("CN=alice")
                .clock(CLOCK)
                .validity(TestPki.NOW.minus(Duration.ofDays(9)), TestPki.NOW.minus(Duration.ofDays(1)))
                .build();

        assertThat(answer(byAddress, from("10.1.2.3").forwarding(stranger))).isEqualTo("issuer-unknown");
        assertThat(answer(byAddress, from("10.1.2.3").forwarding(expired, ISSUING)))
                .isEqualTo("certificate-expired");
        statuses.put(
                ALICE.certificate().getSubjectX500Principal().getName(),
                new RevocationStatus.Revoked(TestPki.NOW, "keyCompromise"));
        assertThat(answer(byAddress, from("10.1.2.3").forwarding(ALICE, ISSUING)))
                .isEqualTo("certificate-revoked");
    }

    @Test
    void what_is_not_known_of_either_is_fetched_first() {
        RevocationStatus notAsked = new RevocationStatus.Unknown(RevocationStatus.Why.NOT_ASKED, "");
        statuses.put("CN=nginx-1", notAsked);
        statuses.put(ALICE.certificate().getSubjectX500Principal().getName(), notAsked);

        assertThat(answer(byCertificate, from("192.0.2.1").presenting(PROXY).forwarding(ALICE, ISSUING)))
                .isEqualTo("alice [auditor]");
    }

    @Test
    void a_proxy_of_whom_nothing_becomes_known_is_none() {
        RevocationStatus notAsked = new RevocationStatus.Unknown(RevocationStatus.Why.NOT_ASKED, "");
        statuses.put("CN=nginx-1", notAsked);
        fetched.put("CN=nginx-1", new RevocationStatus.Unknown(RevocationStatus.Why.UNREACHABLE, ""));

        assertThat(answer(byCertificate, from("192.0.2.1").presenting(PROXY).forwarding(ALICE, ISSUING)))
                .isEqualTo("forwarded-certificate-refused");
    }

    @Test
    void a_header_that_is_there_twice_or_garbage_is_refused() {
        Request twice = from("10.1.2.3").forwarding(ALICE, ISSUING).forwarding(ALICE);

        assertThat(answer(byAddress, twice)).isEqualTo("forwarded-certificate-malformed");
        assertThat(answer(byAddress, from("10.1.2.3").with("Client-Cert", "garbage")))
                .isEqualTo("forwarded-certificate-malformed");
        assertThat(answer(byAddress, from("10.1.2.3").with("Client-Cert", "")))
                .isEqualTo("forwarded-certificate-malformed");
    }

    @Test
    void headers_of_others_are_ignored_where_that_is_said() {
        ClientAuthenticator ignoring = authenticator(TrustedProxies.builder(FORMAT, () -> members)
                .addresses("10.1.0.0/16")
                .ignoreFromOthers());

        assertThat(answer(ignoring, from("192.0.2.1").presenting(DIRECT).forwarding(ALICE, ISSUING)))
                .isEqualTo("dora []");
        assertThat(answer(ignoring, from("192.0.2.1").forwarding(ALICE, ISSUING)))
                .isEqualTo("certificate-required");
        assertThat(ignoring.hides("Client-Cert")).isTrue();
    }

    @Test
    void a_refusal_leaves_the_proxys_connection_open() {
        ClientAuthentication answer = byAddress.authenticateNow(from("10.1.2.3").forwarding(DIRECT), ClientAuth.NEED);

        assertThat(HttpRefusal.of((ClientAuthentication.Refused) answer).closesConnection())
                .isFalse();
    }

    @Test
    void a_handshake_lets_members_who_connect_themselves_and_proxies_pass() {
        assertThat(byCertificate.verdictForHandshake(chain(DIRECT))).isInstanceOf(Verdict.Accepted.class);
        assertThat(byCertificate.verdictForHandshake(chain(PROXY))).isInstanceOf(Verdict.Accepted.class);
        assertThat(byCertificate.verdictForHandshake(chain(ALICE, ISSUING))).isInstanceOf(Verdict.Rejected.class);
        assertThat(byCertificate.acceptedIssuers()).contains(DIRECT_CA.certificate(), PROXY_CA.certificate());
    }

    @Test
    void proxies_that_are_known_by_nothing_do_not_start() {
        TrustedProxies.Builder everybody = TrustedProxies.builder(FORMAT, () -> members);

        assertThatThrownBy(everybody::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("by addresses, by certificates");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0/0", "::/0"})
    void proxies_that_are_known_by_any_address_do_not_start(String everybody) {
        TrustedProxies.Builder builder = TrustedProxies.builder(FORMAT, () -> members);

        assertThatThrownBy(() -> builder.addresses(everybody))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("every address");
    }

    @Test
    void a_refusal_that_the_adapter_finds_leaves_the_proxys_connection_open_too() {
        ClientAuthentication.Refused forwarded =
                byAddress.refuse(from("10.1.2.3"), RejectionReason.CERTIFICATE_REQUIRED, "a role is asked for");

        assertThat(HttpRefusal.of(forwarded).closesConnection()).isFalse();
    }

    @Test
    void a_proxys_connection_has_a_name_of_its_own_and_others_requests_are_for_the_host_they_connected_to() {
        assertThat(answer(
                        byAddress,
                        from("10.1.2.3").to("app.internal", "api.example.org").forwarding(ALICE, ISSUING)))
                .isEqualTo("alice [auditor]");
        assertThat(answer(
                        byAddress,
                        from("192.0.2.1")
                                .to("other.example.org", "api.example.org")
                                .presenting(DIRECT)))
                .isEqualTo("request-misdirected");
        assertThat(answer(
                        byAddress,
                        from("192.0.2.1")
                                .to("api.example.org", "API.example.org.")
                                .presenting(DIRECT)))
                .isEqualTo("dora []");
        assertThat(answer(
                        byAddress.allowMisdirectedRequests(),
                        from("192.0.2.1")
                                .to("other.example.org", "api.example.org")
                                .presenting(DIRECT)))
                .isEqualTo("dora []");
    }

    /** Those of a CA that only proxies know, beside a CA of our own. */
    private final ClientCertificateVerifier believing = ClientCertificateVerifier.builder(
                    TestPki.issuer(ROOT).build(),
                    TrustedIssuer.builder("partners", TrustAnchors.verifiedByProxy())
                            .principalPrefix("partner:")
                            .build())
            .build();

    private static final HeldCertificate PARTNER = HeldCertificate.root("CN=Partner CA")
            .clock(CLOCK)
            .build()
            .issueClient("CN=pat")
            .clock(CLOCK)
            .build();

    @Test
    void what_a_proxy_verified_gets_in_where_that_is_said_and_on_no_connection_of_its_own() {
        ClientAuthenticator authenticator = new ClientAuthenticator(() -> believing, CLOCK, events::add)
                .behind(TrustedProxies.builder(FORMAT, () -> believing)
                        .addresses("10.1.0.0/16")
                        .build());

        assertThat(answer(authenticator, from("10.1.2.3").forwarding(PARTNER))).isEqualTo("partner:pat []");
        assertThat(answer(authenticator, from("10.1.2.3").presenting(PARTNER))).isEqualTo("certificate-required");
        assertThat(answer(authenticator, from("192.0.2.1").presenting(PARTNER))).isEqualTo("issuer-unknown");
        assertThat(answer(authenticator, from("192.0.2.1").forwarding(PARTNER)))
                .isEqualTo("forwarded-certificate-refused");
        assertThat(authenticator.verdictForHandshake(chain(PARTNER))).isInstanceOf(Verdict.Rejected.class);
        assertThat(believing.verify(chain(PARTNER), TestPki.NOW)).isInstanceOf(Verdict.Rejected.class);
        assertThat(answer(authenticator, from("10.1.2.3").forwarding(ALICE, ISSUING)))
                .isEqualTo("alice []");
    }

    @Test
    void what_a_proxy_verified_is_still_looked_at_for_all_that_is_in_the_certificate_itself() {
        DenyList denied = DenyList.inMemory();
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TestPki.issuer(ROOT).build(),
                        TrustedIssuer.builder("partners", TrustAnchors.verifiedByProxy())
                                .principalPrefix("partner:")
                                .build())
                .denyList(denied)
                .build();
        ClientAuthenticator authenticator =
                authenticator(TrustedProxies.builder(FORMAT, () -> verifier).addresses("10.1.0.0/16"));
        HeldCertificate root =
                HeldCertificate.root("CN=Partner CA").clock(CLOCK).build();
        HeldCertificate expired = root.issueClient("CN=pat")
                .clock(CLOCK)
                .validity(TestPki.NOW.minus(Duration.ofDays(9)), TestPki.NOW.minus(Duration.ofDays(1)))
                .build();
        HeldCertificate server =
                root.issueServer("pat.example.org").clock(CLOCK).build();
        HeldCertificate forged = HeldCertificate.root(
                        ROOT.certificate().getSubjectX500Principal().getName())
                .clock(CLOCK)
                .build()
                .issueClient("CN=alice")
                .clock(CLOCK)
                .build();

        assertThat(answer(authenticator, from("10.1.2.3").forwarding(expired))).isEqualTo("certificate-expired");
        assertThat(answer(authenticator, from("10.1.2.3").forwarding(server))).isEqualTo("extended-key-usage-refused");
        assertThat(answer(authenticator, from("10.1.2.3").forwarding(forged))).isEqualTo("signature-invalid");
        denied.deny(PARTNER.certificate());
        assertThat(answer(authenticator, from("10.1.2.3").forwarding(PARTNER))).isEqualTo("certificate-denied");
    }

    @Test
    void nobody_is_believed_to_have_verified_what_he_passes_through() {
        TrustedProxies.Builder passing = TrustedProxies.builder(
                        ForwardedCertificates.awsAlbPassthrough(), () -> believing)
                .addresses("10.1.0.0/16");

        assertThatThrownBy(passing::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("forward what they have not verified");
    }

    @Test
    void what_only_a_proxy_can_check_is_not_configured_to_be_checked_here() {
        TrustedIssuer.Builder partners = TrustedIssuer.builder("partners", TrustAnchors.verifiedByProxy());
        OcspSource source = OcspSource.builder().clock(CLOCK).build();
        RevocationPolicy ocsp = RevocationPolicy.builder(source).build();
        PathPolicy policies =
                PathPolicy.builder().requirePolicies(Set.of("1.2.3.4")).build();
        TrustedIssuer others = TrustedIssuer.builder("others", TrustAnchors.verifiedByProxy())
                .principalPrefix("other:")
                .build();

        assertThatThrownBy(() -> TrustAnchors.verifiedByProxy().and(TrustAnchors.of(ROOT.certificate())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("make two issuers of it");
        assertThatThrownBy(() -> TrustedIssuer.builder("partners", TrustAnchors.verifiedByProxy())
                        .revocation(ocsp)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("revoked cannot be learned here");
        assertThatThrownBy(() -> ClientCertificateVerifier.builder(partners.build())
                        .policy(policies)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("require none");
        assertThatThrownBy(() -> ClientCertificateVerifier.builder(partners.build(), others)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("keep one of them");
        source.close();
    }

    private static String answer(ClientAuthenticator authenticator, Request request) {
        return answer(authenticator, request, ClientAuth.NEED);
    }

    private static String answer(ClientAuthenticator authenticator, Request request, ClientAuth clientAuth) {
        return authenticator
                .authenticateNow(request, clientAuth)
                .fold(
                        anonymous -> "anonymous",
                        caller -> caller.identity().getName() + " "
                                + caller.identity().roles(),
                        refused -> refused.reason().code());
    }

    private static Request from(String address) {
        try {
            return new Request(InetAddress.getByName(address));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Request implements RequestFacts {
        private final @Nullable InetAddress peer;
        private final Map<String, List<String>> headers = new LinkedHashMap<>();
        private X509Certificate @Nullable [] chain;
        private @Nullable String serverName;
        private @Nullable String host;

        Request(@Nullable InetAddress peer) {
            this.peer = peer;
        }

        Request presenting(HeldCertificate... certificates) {
            chain = TestPki.chain(certificates);
            return this;
        }

        Request to(String name, String requestedHost) {
            serverName = name;
            host = requestedHost;
            return this;
        }

        @Override
        public @Nullable String serverName() {
            return serverName;
        }

        @Override
        public @Nullable String host() {
            return host;
        }

        Request forwarding(HeldCertificate leaf, HeldCertificate... issuers) {
            with("Client-Cert", item(leaf));
            for (HeldCertificate issuer : issuers) {
                with("Client-Cert-Chain", item(issuer));
            }
            return this;
        }

        private static String item(HeldCertificate certificate) {
            try {
                return ":"
                        + Base64.getEncoder()
                                .encodeToString(certificate.certificate().getEncoded()) + ":";
            } catch (java.security.cert.CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }

        Request with(String name, String value) {
            headers.computeIfAbsent(name, unused -> new ArrayList<>()).add(value);
            return this;
        }

        @Override
        public X509Certificate @Nullable [] certificates() {
            return chain;
        }

        @Override
        public @Nullable InetAddress peer() {
            return peer;
        }

        @Override
        public Iterable<String> headerNames() {
            return headers.keySet();
        }

        @Override
        public List<String> headers(String name) {
            return headers.entrySet().stream()
                    .filter(header -> header.getKey().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT)))
                    .flatMap(header -> header.getValue().stream())
                    .toList();
        }

        @Override
        public String origin() {
            return "test";
        }
    }
}
