package io.mtls.sample.rest;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** What there is to call. That all but the status needs a certificate is a rule of the paths, in {@link RestSample}. */
@Singleton
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public final class Desk {

    record Status(String service, String status) {}

    record Me(String name, String issuer, SortedSet<String> roles) {}

    record Report(String day, String currency, String turnover, int payments) {}

    /** The serial number says by which of that person's certificates. */
    record Entry(String at, String who, String certificate, String what) {}

    private static final int KEPT = 1_000;

    private static final List<Report> REPORTS = List.of(
            new Report("2026-01-06", "EUR", "986112.75", 377), new Report("2026-01-05", "EUR", "1204318.20", 418));

    private final InstantSource clock = InstantSource.system();
    private final Deque<Entry> latestFirst = new ArrayDeque<>();

    /** For the runtime. */
    public Desk() {}

    /** For everybody. */
    @GET
    @Path("public/status")
    public Status status() {
        return new Status("settlement-desk", "up");
    }

    /** Who is calling. */
    @GET
    @Path("api/me")
    public Me me(@Context ClientIdentity caller) {
        return new Me(caller.getName(), caller.issuer(), new TreeSet<>(caller.roles()));
    }

    /** For members, and it is noted who read them. */
    @GET
    @Path("api/reports")
    public List<Report> reports(@Context ClientIdentity caller) {
        note(caller, "read the reports");
        return REPORTS;
    }

    /** For auditors alone. */
    @GET
    @Path("api/audit")
    @CertificateRoles("auditor")
    public List<Entry> audit() {
        synchronized (latestFirst) {
            return List.copyOf(latestFirst);
        }
    }

    private void note(ClientIdentity who, String what) {
        String serial = who.certificate().getSerialNumber().toString(16);
        Entry entry = new Entry(clock.instant().toString(), who.getName(), serial, what);
        synchronized (latestFirst) {
            latestFirst.addFirst(entry);
            if (latestFirst.size() > KEPT) {
                latestFirst.removeLast();
            }
        }
    }
}
