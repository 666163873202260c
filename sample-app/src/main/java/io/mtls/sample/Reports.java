package io.mtls.sample;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.springframework.stereotype.Repository;

/** The reports by day, in memory: put your database here. */
@Repository
class Reports {

    private final ConcurrentNavigableMap<LocalDate, Report> byDay = new ConcurrentSkipListMap<>();

    Reports() {
        put(LocalDate.of(2026, 1, 5), "1204318.20", 418, Report.State.RELEASED);
        put(LocalDate.of(2026, 1, 6), "986112.75", 377, Report.State.RELEASED);
        put(LocalDate.of(2026, 1, 7), "1530077.00", 502, Report.State.DRAFT);
    }

    private void put(LocalDate day, String turnover, int payments, Report.State state) {
        byDay.put(day, new Report(day, "EUR", new BigDecimal(turnover), payments, state));
    }

    /** The latest first. */
    List<Report> all() {
        return List.copyOf(byDay.descendingMap().values());
    }

    /** Releases that day's report, where there is one; once released it stays so. */
    Optional<Report> release(LocalDate day) {
        return Optional.ofNullable(byDay.computeIfPresent(day, (same, report) -> report.released()));
    }
}
