package io.mtls.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.HeldCertificate;

/** By default a bad certificate ends the handshake: the client sees an alert, the operator the reason. */
class RefusedHandshakeInteropTest extends ForeignClientContract {

    /** In TLS 1.3 a client sends its request before it is refused, and then the connection's reset may overtake the alert. */
    private static final int ATTEMPTS = 10;

    @Override
    void assertRefused(String code, ForeignClient client, HeldCertificate presented) throws Exception {
        ForeignClient.Answer answer = call(client, "/api/me", presented, code);
        for (int i = 1; i < ATTEMPTS && answer.status() == 0 && !answer.sawAlert(); i++) {
            answer = call(client, "/api/me", presented, code);
        }

        assertThat(answer.status()).as(answer.transcript()).isZero();
        assertThat(answer.sawAlert()).as(answer.transcript()).isTrue();
        assertThat(events.handshakeRefusals(presented)).containsExactly(code);
    }
}
