package io.mtls.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** What every client sees, whatever a refused handshake does. What they said is kept in {@code target/interop}. */
@Tag("interop")
@RunningSample
abstract class ForeignClientContract {

    @LocalServerPort
    private int port;

    @Autowired
    RecordedEvents events;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void a_member_gets_in_with_its_name_and_roles(ForeignClient client) throws Exception {
        ForeignClient.Answer answer = call(client, "/api/me", Certificates.ALICE, "member");

        assertThat(answer.status()).as(answer.transcript()).isEqualTo(200);
        assertThat(answer.transcript()).contains("\"name\":\"alice\"").contains("\"roles\":[\"auditor\"]");
        assertThat(answer.transcript()).contains(client.isOverHttp2() ? "HTTP/2 200" : "HTTP/1.1 200");
    }

    @ParameterizedTest
    @EnumSource
    void no_certificate_is_a_403_that_says_so(ForeignClient client) throws Exception {
        assertProblem("certificate-required", call(client, "/api/me", null, "no-certificate"));
    }

    @ParameterizedTest
    @EnumSource
    void the_wrong_role_is_a_403_that_says_so(ForeignClient client) throws Exception {
        assertProblem("role-missing", call(client, "/api/audit", Certificates.BOB, "wrong-role"));
    }

    @ParameterizedTest
    @EnumSource
    void an_unknown_ca_is_refused(ForeignClient client) throws Exception {
        assertRefused("issuer-unknown", client, Certificates.OF_UNKNOWN_CA);
    }

    @ParameterizedTest
    @EnumSource
    void an_expired_certificate_is_refused(ForeignClient client) throws Exception {
        assertRefused("certificate-expired", client, Certificates.EXPIRED);
    }

    @ParameterizedTest
    @EnumSource
    void a_revoked_certificate_is_refused(ForeignClient client) throws Exception {
        assertRefused("certificate-revoked", client, Certificates.REVOKED);
    }

    @ParameterizedTest
    @EnumSource
    void a_certificate_for_servers_only_is_refused(ForeignClient client) throws Exception {
        assertRefused("extended-key-usage-refused", client, Certificates.FOR_SERVERS_ONLY);
    }

    abstract void assertRefused(String code, ForeignClient client, HeldCertificate presented) throws Exception;

    static void assertProblem(String code, ForeignClient.Answer answer) {
        assertThat(answer.status()).as(answer.transcript()).isEqualTo(403);
        assertThat(answer.transcript()).contains("\"code\":\"" + code + "\"");
    }

    ForeignClient.Answer call(ForeignClient client, String path, @Nullable HeldCertificate member, String kept)
            throws IOException, InterruptedException {
        client.assumeInstalled();
        ForeignClient.Answer answer = client.call(new ForeignClient.Call(port, path, member, directory));
        Path transcripts = Files.createDirectories(Path.of("target", "interop"));
        Files.writeString(
                transcripts.resolve(getClass().getSimpleName() + "-" + client + "-" + kept + ".txt"),
                answer.transcript());
        return answer;
    }
}
