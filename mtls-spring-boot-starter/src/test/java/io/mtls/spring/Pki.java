package io.mtls.spring;

import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;

/** One root, its issuing CA, a server, and whoever comes. Made once: keys cost time. */
final class Pki {

    static final HeldCertificate ROOT = HeldCertificate.root("CN=Acme Root").build();
    static final HeldCertificate ISSUING =
            ROOT.issueCa("CN=Acme Issuing CA").maxPathLength(0).build();
    static final HeldCertificate SERVER =
            ISSUING.issueServer("localhost", "127.0.0.1").build();
    static final HeldCertificate ALICE =
            ISSUING.issueClient("CN=alice,OU=Audit").build();
    static final HeldCertificate BOB = ISSUING.issueClient("CN=bob").build();

    static final HeldCertificate OTHER_ROOT =
            HeldCertificate.root("CN=Acme Root").build();

    private Pki() {}

    static SSLContext alice() {
        return ALICE.clientContext(ROOT.certificate());
    }

    static SSLContext bob() {
        return BOB.clientContext(ROOT.certificate());
    }

    static SSLContext nobody() {
        return TlsClients.anonymous(ROOT.certificate());
    }

    /** The same name by another CA of the same name. */
    static SSLContext stranger() {
        return OTHER_ROOT.issueClient("CN=alice,OU=Audit").build().clientContext(ROOT.certificate());
    }

    /** A free port, and a server bundle that trusts the root; OU=Audit is an auditor. */
    static Map<String, Object> properties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("server.port", 0);
        properties.put("server.ssl.bundle", "server");
        properties.putAll(bundle("server", SERVER, ROOT));
        properties.put("mtls.revocation.allow-unchecked", "true"); // Where a test is about something else.
        properties.put("mtls.issuers.members.role-rules[0].field", "subject:OU");
        properties.put("mtls.issuers.members.role-rules[0].equal", "Audit");
        properties.put("mtls.issuers.members.role-rules[0].roles", "auditor");
        return properties;
    }

    static Map<String, Object> bundle(String name, HeldCertificate key, HeldCertificate trusted) {
        String prefix = "spring.ssl.bundle.pem." + name + ".";
        return Map.of(
                prefix + "keystore.certificate", key.chainPem(),
                prefix + "keystore.private-key", key.privateKeyPem(),
                prefix + "truststore.certificate", trusted.certificatePem());
    }

    static Map<String, Object> trusting(String name, HeldCertificate trusted) {
        return Map.of("spring.ssl.bundle.pem." + name + ".truststore.certificate", trusted.certificatePem());
    }
}
