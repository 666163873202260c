package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeldCertificateTest {
    private final HeldCertificate root =
            HeldCertificate.root("CN=Acme Root,O=Acme").build();
    private final HeldCertificate issuing =
            root.issueCa("CN=Acme Issuing CA,O=Acme").maxPathLength(0).build();

    @Test
    void a_client_certificate_is_for_tls_clients_and_for_nothing_else() throws Exception {
        var alice = issuing.issueClient("CN=alice,OU=Audit").build().certificate();

        assertThat(alice.getSubjectX500Principal().getName()).isEqualTo("CN=alice,OU=Audit");
        assertThat(alice.getExtendedKeyUsage()).containsExactly(KeyPurpose.CLIENT_AUTH);
        assertThat(alice.getKeyUsage()).containsExactly(true, false, false, false, false, false, false, false, false);
        assertThat(alice.getBasicConstraints()).isEqualTo(-1);
    }
}
