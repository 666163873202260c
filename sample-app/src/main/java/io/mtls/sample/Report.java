package io.mtls.sample;

import java.math.BigDecimal;
import java.time.LocalDate;

/** What the members owe each other for one day. */
record Report(LocalDate day, String currency, BigDecimal turnover, int payments, State state) {

    enum State {
        /** Only operators see it. */
        DRAFT,
        RELEASED
    }

    boolean isReleased() {
        return state == State.RELEASED;
    }

    Report released() {
        return new Report(day, currency, turnover, payments, State.RELEASED);
    }
}
