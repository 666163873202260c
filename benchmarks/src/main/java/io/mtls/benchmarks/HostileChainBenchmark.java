package io.mtls.benchmarks;

import io.mtls.ClientCertificateVerifier;
import io.mtls.Verdict;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyType;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a handshake costs whose chain was made to be expensive. The client need not hold any key for that. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class HostileChainBenchmark {

    /**
     * As many CAs as a chain has room for, all in the trust anchor's name: three certificates for each of three keys,
     * those for the first key signed by the second, and so on. Whoever looks for a path finds nine candidates at each
     * step and cannot tell by name or key identifier which are good; three of them are, and lead on to further nine.
     *
     * <p>The keys take turns because the JDK's certificate remembers the key that it was last checked with.
     */
    @State(Scope.Benchmark)
    public static class ForgedCas {
        private static final int KEYS = 3;
        private static final int CERTIFICATES_PER_KEY = 3;

        @Param({"P256", "P521", "RSA_4096"})
        KeyType keyType = KeyType.P256;

        final ClientCertificateVerifier verifier = new Pki("Acme").verifier();
        private X509Certificate[] chain = {};

        @Setup
        public void forge() {
            List<HeldCertificate> forgers = new ArrayList<>();
            for (int i = 0; i <= KEYS; i++) {
                forgers.add(HeldCertificate.root("CN=Acme Root,O=Acme")
                        .keyType(keyType)
                        .build());
            }
            List<X509Certificate> presented = new ArrayList<>();
            presented.add(forgers.get(0)
                    .issueClient("CN=mallory")
                    .withoutAuthorityKeyIdentifier()
                    .build()
                    .certificate());
            for (int i = 0; i < CERTIFICATES_PER_KEY; i++) {
                for (int key = 0; key < KEYS; key++) {
                    presented.add(forgers.get(key)
                            .crossSign(forgers.get(key + 1))
                            .withoutAuthorityKeyIdentifier()
                            .build()
                            .certificate());
                }
            }
            chain = EncodedChain.of(presented).parsed();
        }
    }

    /** Refused when the search has spent its budget of signatures. */
    @Benchmark
    public Verdict forgedCasOfOneName(ForgedCas forged) {
        return forged.verifier.verify(forged.chain.clone(), Pki.CLOCK.instant());
    }
}
