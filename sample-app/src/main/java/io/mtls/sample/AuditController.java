package io.mtls.sample;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** For auditors alone: on the class the annotation holds for every handler, and for those that are added later. */
@RestController
@CertificateRoles("auditor")
class AuditController {

    private final AuditTrail audit;

    AuditController(AuditTrail audit) {
        this.audit = audit;
    }

    @GetMapping(path = "/api/audit", name = "Read the audit trail")
    List<AuditTrail.Entry> entries() {
        return audit.entries();
    }

    @PostMapping(
            path = "/api/audit",
            name = "Add a remark to the audit trail",
            consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    AuditTrail.Entry remark(@RequestBody Note note, ClientIdentity caller) {
        return audit.add(caller, "remarked: " + note.text());
    }
}
