package io.mtls.contract;

import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/** A CA that publishes whom it has revoked; its root below which an issuing CA issues to the members. */
interface RevokingCa extends AutoCloseable {

    X509Certificate root();

    Holder issue(String name) throws IOException;

    /** From now on its responder and its distribution points say so. */
    void revoke(Holder holder) throws IOException;

    /** The newest complete list of the root and of the issuing CA, by the name of a file. */
    Map<String, byte[]> lists() throws IOException;

    @Override
    void close();

    /**
     * Somebody with a certificate.
     *
     * @param client makes a context without sessions, which trusts a server's CA
     */
    record Holder(String name, X509Certificate certificate, Function<X509Certificate, SSLContext> client) {}
}
