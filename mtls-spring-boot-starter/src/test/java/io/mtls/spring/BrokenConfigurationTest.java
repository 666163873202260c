package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mtls.CertificateRoles;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsListener;
import io.mtls.MutualTls;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.TrustedProxies;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationStatus;
import io.mtls.spring.Application.Server;
import jakarta.annotation.security.PermitAll;
import jakarta.servlet.Filter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.apache.catalina.connector.Connector;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.stereotype.Service;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Each mistake a user can make stops the start, and the report says what to change. */
class BrokenConfigurationTest {

    @Test
    void no_trust_store() {
        refusedFor(tomcat().without("spring.ssl.bundle.pem.server.truststore"))
                .contains("Issuer 'members' names no SSL bundle", "which has no trust store")
                .contains("truststore.certificate", "Java platform are never used");
    }

    @Test
    void an_ssl_bundle_of_an_issuer_without_a_trust_store() {
        refusedFor(tomcat().with("mtls.issuers.members.bundle", "server")
                        .without("spring.ssl.bundle.pem.server.truststore"))
                .contains("'mtls.issuers.members.bundle' names the SSL bundle 'server', which has no trust store");
    }

    @Test
    void an_unknown_ssl_bundle() {
        refusedFor(tomcat().with("mtls.issuers.members.bundle", "partner-ca"))
                .contains("'mtls.issuers.members.bundle' names the SSL bundle 'partner-ca', which does not exist")
                .contains("Name one of [server]");
    }

    @Test
    void an_unknown_server_bundle() {
        refusedFor(tomcat().with("server.ssl.bundle", "sever"))
                .contains("'server.ssl.bundle' names the SSL bundle 'sever'")
                .contains("[server]");
    }

    @Test
    void a_trust_anchor_that_is_no_authority() {
        refusedFor(tomcat().with(Pki.trusting("alice", Pki.ALICE)).with("mtls.issuers.members.bundle", "alice"))
                .contains("'mtls.issuers.members.bundle'", "is not a CA's certificate");
    }

    @ParameterizedTest
    @EnumSource
    void a_weaker_client_authentication(Server server) {
        refusedFor(Application.of(server, App.class).with("server.ssl.client-auth", "want"))
                .contains("'server.ssl.client-auth' is 'want'", "need 'need'")
                .contains("Remove 'server.ssl.client-auth'");
    }

    @ParameterizedTest
    @EnumSource
    void plain_http(Server server) {
        refusedFor(Application.of(server, App.class)
                        .with("server.ssl.enabled", "false")
                        .with("mtls.issuers.members.bundle", "server"))
                .contains("The web server speaks plain HTTP")
                .contains("server.ssl.bundle");
    }

    @Test
    void a_further_connector_of_tomcat_that_is_plain() {
        refusedFor(Application.of(Server.TOMCAT, App.class, PlainTomcatConnector.class))
                .contains("Tomcat's connector on port 0 speaks plain HTTP")
                .contains("remove the connector");
    }

    @Test
    void a_further_connector_of_jetty_that_is_plain() {
        refusedFor(Application.of(Server.JETTY, App.class, PlainJettyConnector.class))
                .contains("Jetty's connector on port 0 speaks plain HTTP");
    }

    @Test
    void tls_that_code_has_set() {
        refusedFor(Application.of(Server.TOMCAT, App.class, TlsByCode.class))
                .contains("TLS was set by code")
                .contains("server.ssl");
    }

    @Test
    void a_field_with_a_typing_mistake() {
        refusedFor(tomcat().with("mtls.issuers.members.principal", "subjct:CN"))
                .contains("'mtls.issuers.members.principal'", "did you mean 'subject'?");
    }

    @Test
    void a_role_with_a_prefix() {
        refusedFor(tomcat().with("mtls.issuers.members.roles.alice", "ROLE_auditor"))
                .contains("'mtls.issuers.members.roles.alice'", "write 'auditor'");
    }

    @Test
    void a_role_rule_without_a_condition() {
        refusedFor(tomcat().without("mtls.issuers.members.role-rules[0].equal"))
                .contains("'mtls.issuers.members.role-rules[0]' has none of 'equal', 'glob' and 'same-name'");
    }

    @Test
    void a_role_rule_without_a_field() {
        refusedFor(tomcat().without("mtls.issuers.members.role-rules[0].field"))
                .contains("'mtls.issuers.members.role-rules[0].field' is missing");
    }

    @Test
    void a_member_with_half_a_fingerprint() {
        refusedFor(tomcat().with("mtls.issuers.members.members", "sha256:abc"))
                .contains("'mtls.issuers.members.members'", "64 lower-case hexadecimal digits");
    }

    @Test
    void two_issuers_without_a_prefix() {
        refusedFor(tomcat().with(Pki.trusting("partners-ca", Pki.OTHER_ROOT))
                        .with("mtls.issuers.partners.bundle", "partners-ca"))
                .contains("'members' and 'partners'", "no prefix");
    }

    @Test
    void one_anchor_for_two_issuers() {
        refusedFor(tomcat().with("mtls.issuers.partners.bundle", "server")
                        .with("mtls.issuers.partners.principal-prefix", "partner:"))
                .contains("belongs to two issuers");
    }

    @Test
    void a_policy_out_of_bounds() {
        refusedFor(tomcat().with("mtls.policy.min-rsa-bits", "1024"))
                .contains("'mtls.policy.min-rsa-bits'", "expected 2048 to 8192");
    }

    @Test
    void a_property_with_a_typing_mistake() {
        Throwable failure = catchThrowable(
                () -> tomcat().with("mtls.issuers.members.membrs", "alice").start());
        assertThat(failure).hasStackTraceContaining("mtls.issuers.members.membrs");
    }

    @Test
    void a_pattern_that_is_none() {
        refusedFor(tomcat().with("mtls.paths[0].pattern", "/public/{*rest}/more"))
                .contains("'mtls.paths[0].pattern' is no path pattern");
        refusedFor(tomcat().with("mtls.paths[0].pattern", "public"))
                .contains("'mtls.paths[0].pattern' is 'public', without a slash");
        refusedFor(tomcat().with("mtls.paths[0].roles", "operator")).contains("'mtls.paths[0].pattern' is missing");
    }

    @Test
    void a_rule_that_never_decides() {
        refusedFor(tomcat().with("mtls.paths[0].pattern", "/**").with("mtls.paths[1].pattern", "/public/**"))
                .contains("'mtls.paths[1]' never decides")
                .contains("last");
    }

    @Test
    void roles_where_certificates_are_ignored() {
        refusedFor(tomcat().with("mtls.paths[0].pattern", "/public/**")
                        .with("mtls.paths[0].client-auth", "none")
                        .with("mtls.paths[0].roles", "auditor"))
                .contains("'mtls.paths[0]'", "client authentication is 'none'");
    }

    @Test
    void annotations_that_contradict_each_other() {
        refusedFor(Application.of(Server.TOMCAT, App.class, Contradiction.class))
                .contains("Contradiction", "contradicts the roles");
    }

    @Test
    void an_annotation_that_nobody_would_obey() {
        refusedFor(Application.of(Server.TOMCAT, App.class, AnnotatedService.class)
                        .withoutSecurity())
                .contains("AnnotatedService.report", "nobody would obey it")
                .contains("spring-boot-starter-security");
    }

    @ParameterizedTest
    @EnumSource
    void a_deferred_handshake_with_another_filter_first(Server server) {
        refusedFor(Application.of(server, EarlyFilter.class, App.class).with("mtls.handshake", "defer"))
                .contains("mtls.handshake=defer", "another filter comes before");
    }

    @Test
    void a_server_name_whose_bundle_has_anchors_of_its_own() {
        refusedFor(tomcat().with(Pki.bundle("other", Pki.SERVER, Pki.OTHER_ROOT))
                        .with("server.ssl.server-name-bundles[0].server-name", "other.example")
                        .with("server.ssl.server-name-bundles[0].bundle", "other"))
                .contains("'other.example' has a trust store of its own")
                .contains("Remove the trust store");
    }

    @Test
    void a_filter_that_does_not_cover_all_of_the_server() {
        ServerTls deferred = tls(MutualTls.Handshake.DEFER);
        ServerTls refusing = tls(MutualTls.Handshake.REFUSE);

        assertThatThrownBy(() -> FilterCoverage.require(false, true, true, refusing))
                .hasMessageContaining("does not cover every path");
        assertThatThrownBy(() -> FilterCoverage.require(true, false, true, deferred))
                .hasMessageContaining("another filter comes before");
        assertThatThrownBy(() -> FilterCoverage.require(true, true, false, deferred))
                .hasMessageContaining("another application");
        FilterCoverage.require(true, false, false, refusing);
        FilterCoverage.require(true, true, true, deferred);
    }

    private static ServerTls tls(MutualTls.Handshake handshake) {
        ClientAuthenticator unused = new ClientAuthenticator(
                () -> {
                    throw new AssertionError("not asked");
                },
                InstantSource.system(),
                MtlsListener.logging());
        return new ServerTls(
                null,
                new Bundles(new DefaultSslBundleRegistry(), null),
                unused,
                new PathPatternRules(List.of()),
                handshake,
                false,
                new ServerStaple(new MtlsProperties.Stapling(false, null), null, MtlsListener.logging()),
                MtlsListener.logging());
    }

    @Test
    void revocation_that_nothing_is_said_of() {
        refusedFor(tomcat().without("mtls.revocation"))
                .contains("It is not said how it is learned whether a certificate of issuer 'members' is revoked")
                .contains("mtls.revocation.sources=ocsp", "mtls.revocation.sources=crl")
                .contains("mtls.revocation.allow-unchecked=true");
    }

    @Test
    void revocation_that_is_checked_and_not_checked() {
        refusedFor(tomcat().with("mtls.revocation.sources", "ocsp"))
                .contains("Both 'mtls.revocation.sources' and 'mtls.revocation.allow-unchecked' are set");
    }

    @Test
    void settings_of_a_source_that_is_not_asked() {
        refusedFor(tomcat().without("mtls.revocation")
                        .with("mtls.revocation.sources", "ocsp")
                        .with("mtls.revocation.crl.files", "partners.crl"))
                .contains("What stands below 'mtls.revocation.crl' has no effect, since 'crl' is not among");
    }

    @Test
    void a_crl_that_is_not_there() {
        refusedFor(tomcat().without("mtls.revocation")
                        .with("mtls.revocation.sources", "crl")
                        .with("mtls.revocation.crl.files", "absent.crl"))
                .contains("The property 'mtls.revocation.crl' cannot be used", "absent.crl");
    }

    @Test
    void a_responder_that_is_no_http_address() {
        refusedFor(tomcat().without("mtls.revocation")
                        .with("mtls.revocation.sources", "ocsp")
                        .with("mtls.revocation.ocsp.responders", "ldap://responder"))
                .contains("The property 'mtls.revocation.ocsp' cannot be used", "ldap://responder");
    }

    @Test
    void grace_without_end() {
        refusedFor(tomcat().without("mtls.revocation")
                        .with("mtls.revocation.sources", "ocsp")
                        .with("mtls.revocation.grace", "30d"))
                .contains("The property 'mtls.revocation.grace' cannot be used", "expected between");
    }

    @Test
    void storage_of_one_issuer() {
        refusedFor(tomcat().without("mtls.revocation")
                        .with("mtls.issuers.members.revocation.sources", "ocsp")
                        .with("mtls.issuers.members.revocation.storage", "somewhere"))
                .contains("Move it to 'mtls.revocation.storage'");
    }

    @ParameterizedTest
    @CsvSource({"sources, ocsp", "allow-unchecked, true", "grace, 30d", "crl.files, absent.crl"})
    void revocation_for_all_issuers_where_each_has_its_own(String setting, String value) {
        refusedFor(tomcat().without("mtls.revocation")
                        .with("mtls.issuers.members.revocation.sources", "ocsp")
                        .with("mtls.revocation.storage", "somewhere")
                        .with("mtls.revocation." + setting, value))
                .contains("What stands below 'mtls.revocation' is not in force, since every issuer has")
                .contains("Remove what stands below 'mtls.revocation' (except 'mtls.revocation.storage')");
    }

    @Test
    void storage_for_all_issuers_where_each_has_its_own_revocation_is_no_mistake(@TempDir Path directory) {
        tomcat().without("mtls.revocation")
                .with("mtls.issuers.members.revocation.sources", "ocsp")
                .with("mtls.revocation.storage", directory)
                .start()
                .close();

        assertThat(directory.resolve("issuer-members/ocsp")).isDirectory();
    }

    @Test
    void a_revocation_policy_of_the_users_own_beside_the_properties() {
        RevocationPolicy ofUser = RevocationPolicy.builder((query, at) -> new RevocationStatus.Good(at))
                .build();
        refusedFor(tomcat().bean(RevocationPolicy.class, ofUser))
                .contains("A bean of RevocationPolicy says")
                .contains("Remove the bean, or remove mtls.revocation.");
    }

    @Test
    void a_deny_list_that_is_not_there() {
        refusedFor(tomcat().with("mtls.deny-list", "absent.txt"))
                .contains("The property 'mtls.deny-list' cannot be used", "An empty file denies nobody");
    }

    /** Else whom the file denies would get in. */
    @Test
    void a_deny_list_of_the_users_own_beside_the_property(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("denied.txt"));
        refusedFor(tomcat().with("mtls.deny-list", file.toString()).bean(DenyList.class, DenyList.inMemory()))
                .contains("A bean of DenyList says")
                .contains("Remove the bean, or remove 'mtls.deny-list'");
    }

    /** It would deny nobody: the verifier knows nothing of it. */
    @Test
    void a_deny_list_that_is_asked_for_beside_a_verifier_of_the_users_own() {
        ClientCertificateVerifier ofUser = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("members", TrustAnchors.of(List.of(Pki.ROOT.certificate())))
                                .build())
                .build();
        Throwable failure = catchThrowable(() -> Application.of(Server.TOMCAT, App.class, DeniesByCode.class)
                .without("mtls.issuers")
                .without("mtls.revocation")
                .bean(ClientCertificateVerifier.class, ofUser)
                .start()
                .close());
        assertThat(failure).hasStackTraceContaining("No qualifying bean of type 'io.mtls.revocation.DenyList'");
    }

    @Test
    void issuers_that_a_bean_replaces() {
        ClientAuthenticator ofUser = new ClientAuthenticator(
                () -> {
                    throw new AssertionError("not asked");
                },
                InstantSource.system(),
                MtlsListener.logging());
        refusedFor(tomcat().bean(ClientAuthenticator.class, ofUser))
                .contains("below mtls.issuers, mtls.policy, mtls.revocation", "is not in force")
                .contains("Remove the bean");
    }

    @Test
    void proxies_that_are_known_by_nothing() {
        refusedFor(tomcat().with("mtls.proxies.format", "rfc9440"))
                .contains("whoever sends a certificate in a header would be believed")
                .contains("Set 'mtls.proxies.addresses', or 'mtls.proxies.issuers.<name>.bundle'");
    }

    @Test
    void proxies_without_a_format() {
        refusedFor(byAddress().without("mtls.proxies.format"))
                .contains("'mtls.proxies.format' does not say how")
                .contains("rfc9440", "xfcc-appended", "aws-alb-verify");
        refusedFor(tomcat().with(Pki.trusting("proxies", Pki.OTHER_ROOT))
                        .with("mtls.proxies.issuers.edge.bundle", "proxies")
                        .with("mtls.proxies.issuers.edge.members", "edge"))
                .contains("'mtls.proxies.format' does not say how");
    }

    @Test
    void a_format_that_is_none() {
        Throwable failure = catchThrowable(
                () -> byAddress().with("mtls.proxies.format", "ngnix").start());
        assertThat(failure).hasStackTraceContaining("mtls.proxies.format").hasStackTraceContaining("ngnix");
    }

    @ParameterizedTest
    @CsvSource({
        "nginx, '', takes the one header",
        "nginx, 'A, B', takes the one header",
        "apache, '', takes the header that httpd is told to write",
        "haproxy, 'A, B, C', 'takes the header that HAProxy is told to write, and perhaps that of the chain'",
        "rfc9440, A, 'takes no headers, or two'",
        "traefik, A, takes no headers",
        "nginx, X Cert, Not the name of a header"
    })
    void headers_of_proxies_that_the_format_does_not_take(String format, String headers, String explanation) {
        refusedFor(byAddress().with("mtls.proxies.format", format).with("mtls.proxies.headers", headers))
                .contains("'mtls.proxies.headers' cannot be used", explanation);
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1/8, has bits set behind its prefix", "localhost, expected an IP address or a range"})
    void an_address_of_proxies_that_is_none(String address, String explanation) {
        refusedFor(byAddress().with("mtls.proxies.addresses", address))
                .contains("'mtls.proxies.addresses' cannot be used", explanation);
    }

    @Test
    void an_issuer_of_proxies_without_a_bundle() {
        refusedFor(byAddress().with("mtls.proxies.issuers.edge.members", "edge"))
                .contains("'mtls.proxies.issuers.edge' names no SSL bundle")
                .contains("Set 'mtls.proxies.issuers.edge.bundle'");
    }

    /** Else every member whom the same CA has given a certificate could speak as every other. */
    @Test
    void an_issuer_of_proxies_that_does_not_name_them() {
        refusedFor(byAddress().with("mtls.proxies.issuers.edge.bundle", "server"))
                .contains("'mtls.proxies.issuers.edge.members' is missing", "could speak as anybody");
    }

    @Test
    void an_issuer_of_proxies_with_roles() {
        Throwable failure = catchThrowable(() -> byAddress()
                .with("mtls.proxies.issuers.edge.roles.edge", "auditor")
                .start());
        assertThat(failure).hasStackTraceContaining("mtls.proxies.issuers.edge.roles");
    }

    @Test
    void mistakes_of_an_issuer_of_proxies_are_told_with_its_property() {
        refusedFor(byAddress()
                        .with("mtls.proxies.issuers.edge.bundle", "absent")
                        .with("mtls.proxies.issuers.edge.members", "edge"))
                .contains("'mtls.proxies.issuers.edge.bundle' names the SSL bundle 'absent'");
        refusedFor(byAddress()
                        .with("mtls.proxies.issuers.edge.bundle", "server")
                        .with("mtls.proxies.issuers.edge.members", "edge")
                        .with("mtls.proxies.issuers.edge.revocation.sources", "ocsp")
                        .with("mtls.proxies.issuers.edge.revocation.grace", "30d"))
                .contains("'mtls.proxies.issuers.edge.revocation.grace' cannot be used");
    }

    @Test
    void revocation_of_proxies_that_nothing_is_said_of() {
        refusedFor(byAddress()
                        .without("mtls.revocation")
                        .with("mtls.issuers.members.revocation.sources", "ocsp")
                        .with("mtls.proxies.issuers.edge.bundle", "server")
                        .with("mtls.proxies.issuers.edge.members", "edge"))
                .contains("a certificate of proxies' issuer 'edge' is revoked");
    }

    @Test
    void plain_http_where_no_proxy_is_known_by_its_address() {
        refusedFor(tomcat().with("mtls.proxies.allow-plain-http", "true"))
                .contains("'mtls.proxies.allow-plain-http' is set", "nobody could be known as a proxy")
                .contains("Set 'mtls.proxies.addresses'");
        refusedFor(byAddress()
                        .with("mtls.proxies.allow-plain-http", "true")
                        .with("mtls.proxies.issuers.edge.bundle", "server")
                        .with("mtls.proxies.issuers.edge.members", "edge"))
                .contains("remove 'mtls.proxies.issuers'");
    }

    @ParameterizedTest
    @EnumSource
    void plain_http_behind_a_proxy_where_it_is_not_allowed(Server server) {
        refusedFor(Application.of(server, App.class)
                        .with("server.ssl.enabled", "false")
                        .with("mtls.issuers.members.bundle", "server")
                        .with("mtls.proxies.format", "rfc9440")
                        .with("mtls.proxies.addresses", "127.0.0.1"))
                .contains("The web server speaks plain HTTP")
                .contains("mtls.proxies.allow-plain-http and its risk");
    }

    /** Undertow's CVE-2026-15554: what comes by AJP is believed of anyone. */
    @Test
    void a_connector_that_does_not_speak_http_even_where_plain_http_is_allowed() {
        refusedFor(Application.of(Server.TOMCAT, App.class, AjpConnector.class)
                        .with("mtls.proxies.format", "rfc9440")
                        .with("mtls.proxies.addresses", "127.0.0.1")
                        .with("mtls.proxies.allow-plain-http", "true"))
                .contains("does not speak HTTP", "whoever connects says which certificate")
                .contains("mtls.proxies");
    }

    @Test
    void a_weaker_client_authentication_than_proxies_need() {
        refusedFor(tomcat().with("mtls.proxies.format", "rfc9440")
                        .with("mtls.proxies.issuers.edge.bundle", "server")
                        .with("mtls.proxies.issuers.edge.members", "edge")
                        .with("mtls.paths[0].pattern", "/**")
                        .with("mtls.paths[0].client-auth", "none")
                        .with("server.ssl.client-auth", "none"))
                .contains("'server.ssl.client-auth' is 'none'", "and the proxies, need 'want'");
    }

    @Test
    void proxies_of_a_bean_beside_those_of_the_properties() {
        TrustedProxies ofUser = TrustedProxies.builder(ForwardedCertificates.xfcc(), () -> {
                    throw new AssertionError("not asked");
                })
                .addresses("127.0.0.1")
                .build();
        refusedFor(byAddress().bean(TrustedProxies.class, ofUser))
                .contains("A bean of TrustedProxies says which proxies are believed")
                .contains("Remove the bean, or remove 'mtls.proxies'");
        refusedFor(withAuthenticatorOfUser().bean(TrustedProxies.class, ofUser))
                .contains("A bean of ClientAuthenticator says which proxies are believed");
    }

    @Test
    void proxies_beside_an_authenticator_or_a_verifier_of_the_users_own() {
        refusedFor(withAuthenticatorOfUser()
                        .with("mtls.proxies.format", "rfc9440")
                        .with("mtls.proxies.addresses", "127.0.0.1"))
                .contains("A bean of ClientAuthenticator says which proxies are believed", "is not in force")
                .contains("ClientAuthenticator.behind");
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("members", TrustAnchors.of(List.of(Pki.ROOT.certificate())))
                                .build())
                .build();
        refusedFor(byAddress()
                        .without("mtls.issuers")
                        .without("mtls.revocation")
                        .with("mtls.proxies.issuers.edge.bundle", "server")
                        .with("mtls.proxies.issuers.edge.members", "edge")
                        .bean(ClientCertificateVerifier.class, verifier))
                .contains("'mtls.proxies.issuers' is not in force");
    }

    @Test
    void an_issuer_that_proxies_verify_without_proxies() {
        refusedFor(tomcat().with("mtls.issuers.partner.verified-by-proxy", "true")
                        .with("mtls.issuers.partner.principal-prefix", "partner:")
                        .with("mtls.issuers.partner.revocation.allow-unchecked", "true"))
                .contains("'mtls.issuers.partner.verified-by-proxy' is set, but there are no proxies");
    }

    @Test
    void an_issuer_that_proxies_verify_with_a_bundle() {
        refusedFor(byAddress()
                        .with("mtls.issuers.partner.verified-by-proxy", "true")
                        .with("mtls.issuers.partner.bundle", "server"))
                .contains("Both 'mtls.issuers.partner.verified-by-proxy' and an SSL bundle");
    }

    /** It must be said that nobody learns here who was revoked. */
    @Test
    void an_issuer_that_proxies_verify_whose_revocation_is_to_be_checked_here() {
        refusedFor(byAddress()
                        .with("mtls.issuers.partner.verified-by-proxy", "true")
                        .with("mtls.issuers.partner.principal-prefix", "partner:")
                        .with("mtls.issuers.partner.revocation.sources", "ocsp"))
                .contains("'mtls.issuers.partner' cannot be used", "revoked cannot be learned here");
    }

    @Test
    void an_issuer_that_proxies_verify_in_a_format_of_proxies_that_verify_nothing() {
        refusedFor(byAddress()
                        .with("mtls.proxies.format", "aws-alb-passthrough")
                        .with("mtls.issuers.partner.verified-by-proxy", "true")
                        .with("mtls.issuers.partner.principal-prefix", "partner:")
                        .with("mtls.issuers.partner.revocation.allow-unchecked", "true"))
                .contains("'mtls.proxies.format' cannot be used", "forward what they have not verified");
    }

    @Test
    void misdirected_requests_beside_an_authenticator_of_the_users_own() {
        refusedFor(withAuthenticatorOfUser().with("mtls.allow-misdirected-requests", "true"))
                .contains("'mtls.allow-misdirected-requests' is not in force");
    }

    private static Application.Builder byAddress() {
        return tomcat().with("mtls.proxies.format", "rfc9440").with("mtls.proxies.addresses", "127.0.0.1");
    }

    private static Application.Builder withAuthenticatorOfUser() {
        ClientAuthenticator ofUser = new ClientAuthenticator(
                () -> {
                    throw new AssertionError("not asked");
                },
                InstantSource.system(),
                MtlsListener.logging());
        return tomcat().without("mtls.issuers").without("mtls.revocation").bean(ClientAuthenticator.class, ofUser);
    }

    @Test
    void development_mode_beside_a_bundle_of_the_server() {
        refusedFor(tomcat().with("mtls.dev.enabled", "true"))
                .contains("mtls.dev.enabled", "server.ssl names keys or trusted certificates")
                .contains("profile");
    }

    @Test
    void development_mode_beside_an_issuer_with_a_bundle() {
        refusedFor(development().with("mtls.issuers.members.bundle", "ca").with(Pki.trusting("ca", Pki.ROOT)))
                .contains("mtls.issuers.members", "as for production");
    }

    @Test
    void development_mode_on_the_network() {
        refusedFor(development().with("server.address", "0.0.0.0"))
                .contains("'server.address' is 0.0.0.0", "others can connect")
                .contains("mtls.dev.allow-remote");
    }

    @Test
    void development_mode_without_its_certificate_authority() {
        FailureAnalysis analysis = analysis(catchThrowable(MtlsDevelopmentAutoConfiguration.WithoutAuthority::new));
        assertThat(analysis.getAction()).contains("io.mtls:mtls-ca");
    }

    @Test
    void a_member_of_development_mode_whose_name_is_none() {
        refusedFor(development().with("mtls.dev.members.[../alice]", "auditor")).contains("mtls.dev.members.../alice");
    }

    @Test
    void a_reactive_application() {
        FailureAnalysis analysis = analysis(catchThrowable(MtlsWebFluxAutoConfiguration::new));
        assertThat(analysis.getDescription()).contains("reactive");
    }

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Application.Builder development() {
        return tomcat().without("server.ssl")
                .without("spring.ssl")
                .with("mtls.dev.enabled", "true")
                .with("mtls.dev.directory", directory.resolve("ca"));
    }

    private static Application.Builder tomcat() {
        return Application.of(Server.TOMCAT, App.class);
    }

    /** The report, description and action in one. */
    private static AbstractStringAssert<?> refusedFor(Application.Builder broken) {
        Throwable failure = catchThrowable(() -> broken.start().close());
        assertThat(failure).as("the failure to start").isNotNull();
        FailureAnalysis analysis = analysis(failure);
        return assertThat(analysis.getDescription() + "\n" + analysis.getAction());
    }

    private static FailureAnalysis analysis(Throwable failure) {
        FailureAnalysis analysis = new MtlsFailureAnalyzer().analyze(failure);
        assertThat(analysis).as("the analysis of " + failure).isNotNull();
        return Objects.requireNonNull(analysis);
    }

    @EnableAutoConfiguration
    static class App {}

    static class DeniesByCode {
        DeniesByCode(DenyList denyList) {
            denyList.deny(Pki.ALICE.certificate());
        }
    }

    static class PlainTomcatConnector {
        @Bean
        WebServerFactoryCustomizer<TomcatServletWebServerFactory> plain() {
            return factory -> {
                Connector connector = new Connector();
                connector.setPort(0);
                factory.addAdditionalConnectors(connector);
            };
        }
    }

    static class AjpConnector {
        @Bean
        WebServerFactoryCustomizer<TomcatServletWebServerFactory> ajp() {
            return factory -> {
                Connector connector = new Connector("AJP/1.3");
                connector.setPort(0);
                factory.addAdditionalConnectors(connector);
            };
        }
    }

    static class PlainJettyConnector {
        @Bean
        WebServerFactoryCustomizer<JettyServletWebServerFactory> plain() {
            return factory -> factory.addServerCustomizers(
                    server -> server.addConnector(new org.eclipse.jetty.server.ServerConnector(server)));
        }
    }

    static class TlsByCode {
        @Bean
        WebServerFactoryCustomizer<TomcatServletWebServerFactory> tls() {
            return factory -> factory.setSsl(Ssl.forBundle("server"));
        }
    }

    static class EarlyFilter {
        @Bean
        FilterRegistrationBean<Filter> early() {
            FilterRegistrationBean<Filter> registration =
                    new FilterRegistrationBean<>((request, response, chain) -> chain.doFilter(request, response));
            registration.setName("early");
            registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
            return registration;
        }
    }

    @RestController
    static class Contradiction {
        @GetMapping("/report")
        @PermitAll
        @CertificateRoles("auditor")
        String report() {
            return "";
        }
    }

    @Service
    static class AnnotatedService {
        @CertificateRoles("auditor")
        String report() {
            return "";
        }
    }
}
