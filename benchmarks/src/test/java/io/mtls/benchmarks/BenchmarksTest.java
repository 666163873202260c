package io.mtls.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ClientAuthentication;
import io.mtls.RejectionReason;
import io.mtls.Verdict;
import io.mtls.spring.ClientCertificateAuthentication;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.PKIXCertPathValidatorResult;
import org.junit.jupiter.api.Test;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

/** Each benchmark does what its name says. How long it takes is no test's business. */
class BenchmarksTest {

    @Test
    void a_request_of_one_member_is_authenticated_by_the_same_objects_and_by_equal_ones() {
        RequestBenchmark benchmark = new RequestBenchmark();
        RequestBenchmark.OneMember member = new RequestBenchmark.OneMember();

        assertThat(benchmark.noop(member))
                .containsExactly(member.connection.certificates())
                .isNotSameAs(benchmark.noop(member));
        assertAuthenticated("member-0", benchmark.sameCertificateObjects(member));
        assertAuthenticated("member-0", benchmark.equalCertificates(member));
        assertAuthenticated("member-0", benchmark.equalCertificates(member));
    }

    @Test
    void equal_certificates_are_different_objects() {
        RequestBenchmark.OneMember member = new RequestBenchmark.OneMember();
        var one = member.nextEqual().certificates();
        var other = member.nextEqual().certificates();

        assertThat(one).isEqualTo(other);
        assertThat(one[1]).isNotSameAs(other[1]);
    }

    @Test
    void many_members_take_turns() {
        RequestBenchmark.ManyMembers members = new RequestBenchmark.ManyMembers(2);

        assertAuthenticated("member-0", new RequestBenchmark().tenThousandMembers(members));
        assertAuthenticated("member-1", new RequestBenchmark().tenThousandMembers(members));
        assertAuthenticated("member-0", new RequestBenchmark().tenThousandMembers(members));
    }

    @Test
    void a_new_path_is_accepted_by_us_and_by_the_jdk_and_a_stranger_is_refused() throws GeneralSecurityException {
        NewPathBenchmark benchmark = new NewPathBenchmark();
        NewPathBenchmark.Clients clients = new NewPathBenchmark.Clients(4);

        assertThat(benchmark.noop(clients)).hasSize(2);
        assertThat(benchmark.newPath(clients)).isInstanceOf(Verdict.Accepted.class);
        assertThat(benchmark.jdkValidator(clients)).isInstanceOf(PKIXCertPathValidatorResult.class);
        assertThat(benchmark.jdkBuilder(clients)).isInstanceOf(PKIXCertPathBuilderResult.class);
        assertRejected(RejectionReason.ISSUER_UNKNOWN, benchmark.refusedStranger(clients));
    }

    @Test
    void forged_cas_exhaust_the_budget() {
        HostileChainBenchmark.ForgedCas forged = new HostileChainBenchmark.ForgedCas();
        forged.forge();

        assertRejected(RejectionReason.PATH_BUDGET_EXCEEDED, new HostileChainBenchmark().forgedCasOfOneName(forged));
    }

    @Test
    void spring_security_knows_the_member_by_itself_and_by_the_starter() throws ServletException, IOException {
        SpringSecurityBenchmark benchmark = new SpringSecurityBenchmark();
        SpringSecurityBenchmark.Applications applications = new SpringSecurityBenchmark.Applications();

        assertThat(benchmark.noop(applications)).isInstanceOf(AnonymousAuthenticationToken.class);
        assertMember(PreAuthenticatedAuthenticationToken.class, benchmark.x509(applications));
        assertMember(ClientCertificateAuthentication.class, benchmark.mtls(applications));
    }

    @Test
    void a_large_ca_is_opened_listed_and_revokes() throws IOException {
        CertificateAuthorityBenchmark benchmark = new CertificateAuthorityBenchmark();
        CertificateAuthorityBenchmark.LargeCa ca = new CertificateAuthorityBenchmark.LargeCa();
        ca.revoked = 2;
        ca.make();
        try {
            int all = benchmark.list(ca).size();
            assertThat(all).isEqualTo(CertificateAuthorityBenchmark.LargeCa.VALID + 2 + 2);
            assertThat(benchmark.open(ca).list()).hasSize(all);
            assertThat(benchmark.hold(ca).isOnHold()).isTrue();
            assertThat(benchmark.holdAndCrl(ca)).isNotEmpty();
        } finally {
            ca.remove();
        }
    }

    @Test
    void commands_do_what_their_names_say() throws IOException, InterruptedException {
        CaCommandBenchmark benchmark = new CaCommandBenchmark();
        CaCommandBenchmark.Operator operator = new CaCommandBenchmark.Operator();
        operator.revoked = 2;
        operator.make();
        try {
            assertThat(benchmark.noop(operator)).startsWith("mtls-ca ");
            assertThat(benchmark.list(operator)).contains("valid-0", "revoked-1");
            assertThat(benchmark.revoke(operator)).contains("Revoked client \"valid-0\"");
            assertThat(benchmark.crl(operator)).contains("3 entries");
        } finally {
            operator.remove();
        }
    }

    private static void assertMember(Class<? extends Authentication> type, Authentication caller) {
        assertThat(caller).isInstanceOf(type);
        assertThat(caller.getName()).isEqualTo("member-0");
        assertThat(caller.getAuthorities())
                .extracting(GrantedAuthority::getAuthority)
                .containsExactlyInAnyOrder("ROLE_orders", FactorGrantedAuthority.X509_AUTHORITY);
    }

    private static void assertAuthenticated(String name, ClientAuthentication answer) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        ClientAuthentication.Authenticated.class,
                        authenticated ->
                                assertThat(authenticated.identity().getName()).isEqualTo(name));
    }

    private static void assertRejected(RejectionReason reason, Verdict verdict) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(reason));
    }
}
