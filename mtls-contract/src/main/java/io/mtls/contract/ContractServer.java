package io.mtls.contract;

/** A running server, on ports that were free. */
public interface ContractServer extends AutoCloseable {

    /** TLS, HTTP/1.1 and HTTP/2 by ALPN, client certificates wanted. */
    int port();

    /** The same application without TLS. */
    int plainPort();

    @Override
    void close();
}
