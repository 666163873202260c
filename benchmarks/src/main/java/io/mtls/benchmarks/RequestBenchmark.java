package io.mtls.benchmarks;

import io.mtls.ClientAuth;
import io.mtls.ClientAuthentication;
import io.mtls.ClientAuthenticator;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a request costs whose certificate was seen before. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RequestBenchmark {

    /** One member, on connections that differ in which objects hold the chain. */
    @State(Scope.Benchmark)
    public static class OneMember {
        final ClientAuthenticator authenticator;
        final Connection connection;

        /**
         * Two whose chains are equal but for the identity of one certificate. They are asked in turn, and the client's
         * certificate is the same object in both: the authenticator remembers one chain of objects for it, so each
         * request finds the other connection's and has to compare by content.
         */
        private final Connection[] equal;

        private int turn;

        public OneMember() {
            Pki pki = new Pki("Acme");
            EncodedChain encoded = pki.members(1).get(0);
            X509Certificate[] chain = encoded.parsed();
            authenticator = pki.authenticator();
            connection = new Connection(chain);
            equal = new Connection[] {connection, new Connection(chain[0], Pki.copyOf(encoded.der(1)))};
        }

        Connection nextEqual() {
            turn ^= 1;
            return equal[turn];
        }
    }

    /** Members who take turns, each on a connection of its own and all of them seen before. */
    @State(Scope.Benchmark)
    public static class ManyMembers {
        final ClientAuthenticator authenticator;
        private final List<Connection> connections;
        private int next;

        public ManyMembers() {
            this(10_000);
        }

        ManyMembers(int count) {
            Pki pki = new Pki("Acme");
            authenticator = pki.authenticator();
            connections = pki.members(count).stream()
                    .map(chain -> new Connection(chain.parsed()))
                    .toList();
            connections.forEach(connection -> authenticator.authenticateNow(connection, ClientAuth.NEED));
        }

        Connection next() {
            Connection connection = connections.get(next);
            next = next + 1 < connections.size() ? next + 1 : 0;
            return connection;
        }
    }

    /** The request without the authenticator. */
    @Benchmark
    public X509Certificate[] noop(OneMember member) {
        return member.connection.certificates();
    }

    /** A further request on a connection. */
    @Benchmark
    public ClientAuthentication sameCertificateObjects(OneMember member) {
        return member.authenticator.authenticateNow(member.connection, ClientAuth.NEED);
    }

    /** The first request on a further connection of the same client. */
    @Benchmark
    public ClientAuthentication equalCertificates(OneMember member) {
        return member.authenticator.authenticateNow(member.nextEqual(), ClientAuth.NEED);
    }

    /** A further request on one of ten thousand connections: too many to be found by their objects alone. */
    @Benchmark
    public ClientAuthentication tenThousandMembers(ManyMembers members) {
        return members.authenticator.authenticateNow(members.next(), ClientAuth.NEED);
    }
}
