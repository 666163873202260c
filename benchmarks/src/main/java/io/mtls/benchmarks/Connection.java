package io.mtls.benchmarks;

import io.mtls.RequestFacts;
import java.security.cert.X509Certificate;

/** A connection with a client's certificate: each request on it finds the same certificates in a new array. */
final class Connection implements RequestFacts {

    private final X509Certificate[] chain;

    Connection(X509Certificate... chain) {
        this.chain = chain;
    }

    @Override
    public X509Certificate[] certificates() {
        return chain.clone();
    }

    @Override
    public String origin() {
        return "192.0.2.7 GET /orders";
    }
}
