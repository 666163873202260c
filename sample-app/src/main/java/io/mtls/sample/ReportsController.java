package io.mtls.sample;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import java.time.LocalDate;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Every member reads the reports; operators see drafts too, and release them. */
@RestController
class ReportsController {

    private static final String OPERATOR = "operator";

    private final Reports reports;
    private final AuditTrail audit;

    ReportsController(Reports reports, AuditTrail audit) {
        this.reports = reports;
        this.audit = audit;
    }

    @GetMapping(path = "/api/reports", name = "Read the settlement reports")
    List<Report> reports(ClientIdentity caller) {
        boolean seesDrafts = caller.roles().contains(OPERATOR);
        return reports.all().stream()
                .filter(report -> seesDrafts || report.isReleased())
                .toList();
    }

    @PostMapping(
            path = "/api/reports/{day}/release",
            name = "Release a report to all members",
            consumes = MediaType.APPLICATION_JSON_VALUE)
    @CertificateRoles(OPERATOR)
    Report release(@PathVariable LocalDate day, @RequestBody Note note, ClientIdentity caller) {
        Report released = reports.release(day)
                .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no report for " + day));
        audit.add(caller, "released " + day + ": " + note.text());
        return released;
    }
}
