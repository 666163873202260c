package io.mtls.sample;

import io.mtls.ClientIdentity;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.springframework.stereotype.Component;

/** Who did what, by which certificate; in memory, the oldest entries forgotten first. */
@Component
class AuditTrail {

    /** A name says who it was, the serial number which of that person's certificates. */
    record Entry(Instant at, String who, String issuer, String certificate, String what) {}

    private static final int KEPT = 1_000;

    private final InstantSource clock;
    private final Deque<Entry> latestFirst = new ArrayDeque<>();

    AuditTrail(InstantSource clock) {
        this.clock = clock;
    }

    synchronized Entry add(ClientIdentity who, String what) {
        Entry entry = new Entry(
                clock.instant(),
                who.getName(),
                who.issuer(),
                who.certificate().getSerialNumber().toString(16),
                what);
        latestFirst.addFirst(entry);
        if (latestFirst.size() > KEPT) {
            latestFirst.removeLast();
        }
        return entry;
    }

    synchronized List<Entry> entries() {
        return List.copyOf(latestFirst);
    }
}
