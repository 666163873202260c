package io.mtls.spring;

import static org.hamcrest.Matchers.equalTo;

import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.spring.Application.Server;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restart needs no responder for those who were seen before it. */
class RevocationStorageTest {

    @Test
    void a_restart_while_the_responder_is_down_lets_in_who_was_seen_before_and_nobody_else(@TempDir Path storage) {
        HeldCertificate alice;
        HeldCertificate bob;
        Map<String, Object> trusted;
        try (FaultyResponder responder = FaultyResponder.start("Acme", InstantSource.system())) {
            alice = responder.authority().issue(Member.client("alice"));
            bob = responder.authority().issue(Member.client("bob"));
            trusted = Map.of(
                    "spring.ssl.bundle.pem.acme.truststore.certificate",
                    responder.authority().rootsPem());
            try (Application before = start(storage, trusted)) {
                Client.by(alice.clientContext(Pki.ROOT.certificate()), before.port())
                        .get("/api/whoami")
                        .then()
                        .statusCode(200);
            }
        }
        try (Application after = start(storage, trusted)) {
            Client.by(alice.clientContext(Pki.ROOT.certificate()), after.port())
                    .get("/api/whoami")
                    .then()
                    .statusCode(200);
            Client.by(bob.clientContext(Pki.ROOT.certificate()), after.port())
                    .get("/api/whoami")
                    .then()
                    .statusCode(503)
                    .body("code", equalTo("revocation-unreachable"));
        }
    }

    private static Application start(Path storage, Map<String, Object> trusted) {
        return Application.of(Server.TOMCAT, BootContract.Servlets.class)
                .withoutSecurity()
                .without("mtls.issuers")
                .without("mtls.revocation")
                .with(trusted)
                .with("mtls.issuers.acme.bundle", "acme")
                .with("mtls.revocation.sources", "ocsp")
                .with("mtls.revocation.allow-unchecked-issuers", "true")
                .with("mtls.revocation.storage", storage)
                .start();
    }
}
