package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509CRL;
import org.junit.jupiter.api.Test;

/** Each benchmark does what its name says. How long it takes is no test's business. */
class CrlBenchmarkTest {

    @Test
    void what_is_listed_is_found_and_nothing_else() throws Exception {
        CrlBenchmark benchmark = new CrlBenchmark();
        CrlBenchmark.LongList list = new CrlBenchmark.LongList();
        list.entries = CrlBenchmark.Indexes.KEYS;
        list.make();
        try {
            CrlBenchmark.Indexes indexes = new CrlBenchmark.Indexes();
            indexes.read(list);
            CrlBenchmark.Peers peers = new CrlBenchmark.Peers();
            peers.read(list);

            assertThat(((CrlIndex) benchmark.index(list)).size()).isEqualTo(list.entries);
            assertThat(((X509CRL) benchmark.jdkParseAndVerify(list)).getRevokedCertificates())
                    .hasSize(list.entries);
            assertThat(benchmark.findListed(indexes)).isNotEqualTo(CrlIndex.ABSENT);
            assertThat(benchmark.findUnlisted(indexes)).isEqualTo(CrlIndex.ABSENT);
            assertThat(benchmark.jdkFind(peers)).isNull();
            assertThat(benchmark.bouncyCastleFind(peers)).isNull();
        } finally {
            list.delete();
        }
    }
}
