package io.mtls.benchmarks;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.RevocationReason;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a CA of ten thousand members, all but a few of them revoked, takes for each thing that it does, in a process that has
 * been running for a while. Each is done once per iteration, the disk included.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 20)
@Measurement(iterations = 50)
public class CertificateAuthorityBenchmark {

    /** A directory with that many members, of which all but {@link #VALID} are revoked. */
    @State(Scope.Benchmark)
    public static class LargeCa {
        static final int VALID = 200;

        /** How many members there are beside the valid ones. */
        @Param("10000")
        int revoked = 10_000;

        private final TemporaryDirectory directory = new TemporaryDirectory();

        @SuppressWarnings("NullAway.Init")
        CertificateAuthority authority;

        private int next;

        /** Makes them, which takes a minute. */
        @Setup
        public void make() throws IOException {
            authority = LargeCaDirectory.make(directory.create(), VALID, revoked);
        }

        Path path() {
            return directory.path();
        }

        /** A member who is still valid. */
        BigInteger nextValid() {
            List<IssuedCertificate> named = authority.named("valid-" + next++ % VALID);
            return named.get(named.size() - 1).serial();
        }

        /** Removes them. */
        @TearDown(Level.Trial)
        public void remove() throws IOException {
            directory.delete();
        }
    }

    /** What each command begins with: the directory is opened and its index read. */
    @Benchmark
    public CertificateAuthority open(LargeCa ca) {
        return CertificateAuthority.open(ca.path(), InstantSource.system());
    }

    /** Every certificate that was ever issued. */
    @Benchmark
    public List<IssuedCertificate> list(LargeCa ca) {
        return ca.authority.list();
    }

    /** One more is on hold; it is on disk when this returns. */
    @Benchmark
    public IssuedCertificate hold(LargeCa ca) {
        return ca.authority.revoke(ca.nextValid(), RevocationReason.CERTIFICATE_HOLD);
    }

    /** One more is on hold, and the complete list that has it is signed. */
    @Benchmark
    public byte[] holdAndCrl(LargeCa ca) {
        ca.authority.revoke(ca.nextValid(), RevocationReason.CERTIFICATE_HOLD);
        return ca.authority.crl("issuing-1");
    }
}
