package io.mtls.benchmarks;

import io.mtls.ClientCertificateVerifier;
import io.mtls.Verdict;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderResult;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorResult;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What a handshake costs with a certificate that was never seen, beside what the JDK needs for the same chain.
 *
 * <p>All begin with the bytes, as a handshake does. The issuing CA's certificate is the same each time, so the JDK
 * remembers its object and that its signature is good, for us as for itself.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class NewPathBenchmark {

    /** So many clients that the JDK has forgotten each of them when its turn comes again. */
    @State(Scope.Benchmark)
    public static class Clients {
        final ClientCertificateVerifier verifier;
        final Set<TrustAnchor> anchors;
        private final List<EncodedChain> members;
        private final List<EncodedChain> strangers;
        private int next;

        public Clients() {
            this(Pki.JDK_FACTORY_CACHE + 250);
        }

        Clients(int count) {
            Pki pki = new Pki("Acme");
            verifier = pki.verifier();
            anchors = Set.of(new TrustAnchor(pki.root(), null));
            members = pki.members(count);
            strangers = new Pki("Other").members(count);
        }

        X509Certificate[] member() {
            return next(members);
        }

        X509Certificate[] stranger() {
            return next(strangers);
        }

        private X509Certificate[] next(List<EncodedChain> chains) {
            next = next + 1 < chains.size() ? next + 1 : 0;
            return chains.get(next).parsed();
        }
    }

    /** Only the reading of the bytes, which is part of each of the others. */
    @Benchmark
    public X509Certificate[] noop(Clients clients) {
        return clients.member();
    }

    /** The whole verdict of the handshake: path, policy, the anchor's own constraints. */
    @Benchmark
    public Verdict newPath(Clients clients) {
        return clients.verifier.verify(clients.member(), Pki.CLOCK.instant());
    }

    /** An unknown CA's client. */
    @Benchmark
    public Verdict refusedStranger(Clients clients) {
        return clients.verifier.verify(clients.stranger(), Pki.CLOCK.instant());
    }

    /** The peer that is told the path. */
    @Benchmark
    public CertPathValidatorResult jdkValidator(Clients clients) throws GeneralSecurityException {
        PKIXParameters parameters = new PKIXParameters(clients.anchors);
        parameters.setRevocationEnabled(false);
        CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(Arrays.asList(clients.member()));
        return CertPathValidator.getInstance("PKIX").validate(path, parameters);
    }

    /** The peer that looks for the path. */
    @Benchmark
    public CertPathBuilderResult jdkBuilder(Clients clients) throws GeneralSecurityException {
        X509Certificate[] chain = clients.member();
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(chain[0]);
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(clients.anchors, target);
        parameters.setRevocationEnabled(false);
        parameters.addCertStore(
                CertStore.getInstance("Collection", new CollectionCertStoreParameters(Arrays.asList(chain))));
        return CertPathBuilder.getInstance("PKIX").build(parameters);
    }
}
