package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.revocation.RevocationStatus.Why;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** When a list is fetched, also by a clock that was wrong for a while. */
class CrlAddressTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration YEAR = Duration.ofDays(365);

    private final CrlAddress address = new CrlAddress(URI.create("http://crl.example.com/a.crl"), true);

    @Test
    void a_failure_is_waited_out() {
        address.failure = new CrlAddress.Failure(Why.UNREACHABLE, "away", 1, NOW.plusSeconds(1));

        assertThat(address.isWanted(NOW)).isFalse();
        assertThat(address.isDueInBackground(NOW)).isFalse();
        assertThat(address.isWanted(NOW.plusSeconds(1))).isTrue();
        assertThat(address.isDueInBackground(NOW.plusSeconds(1))).isTrue();
    }

    @Test
    void a_failure_while_the_clock_was_a_year_ahead_does_not_keep_it_from_being_fetched_for_a_year() {
        address.failure = new CrlAddress.Failure(Why.EXPIRED, "out of date", 1, NOW.plus(YEAR));

        assertThat(address.isWanted(NOW)).isTrue();
        assertThat(address.isDueInBackground(NOW)).isTrue();
    }

    @Test
    void a_download_while_the_clock_was_a_year_ahead_is_repeated_before_a_year_has_passed() {
        address.refreshAt = NOW.plus(YEAR);

        assertThat(address.isDueInBackground(NOW)).isTrue();
        assertThat(address.isDueInBackground(NOW.plus(YEAR).minusSeconds(60))).isFalse();
    }
}
