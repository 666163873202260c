package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class OcspRespondersTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final URI CONFIGURED = URI.create("http://configured/");

    private final OcspResponders responders = new OcspResponders(List.of(CONFIGURED), 10);

    @Test
    void no_more_than_some_are_remembered_though_all_of_them_are_away() {
        for (int i = 0; i < 100; i++) {
            fail(at(i));

            assertThat(responders.size()).isLessThanOrEqualTo(11);
        }
    }

    @Test
    void the_configured_ones_and_those_that_are_asked_are_remembered_for_as_long() {
        OcspResponder configured = responders.at(CONFIGURED);
        OcspResponder asked = at(0);
        assertThat(asked.enter()).isTrue();
        for (int i = 1; i < 100; i++) {
            fail(at(i));
        }

        assertThat(responders.at(CONFIGURED)).isSameAs(configured);
        assertThat(at(0)).isSameAs(asked);
    }

    @Test
    void one_of_whom_nothing_is_lost_is_forgotten_before_one_that_is_away() {
        OcspResponder away = at(0);
        fail(away);
        for (int i = 1; i < 100; i++) {
            at(i);
        }

        assertThat(at(0)).isSameAs(away);
    }

    private OcspResponder at(int number) {
        return responders.at(URI.create("http://responder-" + number + "/"));
    }

    private static void fail(OcspResponder responder) {
        responder.failed(new Unknown(Why.NO_ANSWER, "away"), true, NOW, event -> {});
    }
}
