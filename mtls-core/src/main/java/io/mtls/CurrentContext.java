package io.mtls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A client's context as it is when a connection begins. Not one context with managers that change: its TLS sessions would
 * outlive them, and a session that is resumed carries the old certificate and asks no trust manager.
 */
final class CurrentContext extends SSLContextSpi {

    private final Supplier<SSLContext> current;
    private final SSLSocketFactory sockets = new Sockets();

    private CurrentContext(Supplier<SSLContext> current) {
        this.current = current;
    }

    static SSLContext of(Supplier<SSLContext> current) {
        SSLContext first = current.get();
        return new SSLContext(new CurrentContext(current), first.getProvider(), first.getProtocol()) {};
    }

    @Override
    protected void engineInit(
            KeyManager @Nullable [] keys, TrustManager @Nullable [] trust, @Nullable SecureRandom random)
            throws KeyManagementException {
        throw new KeyManagementException("This context takes its keys and trust from elsewhere");
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
        return current.get().createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
        return current.get().createSSLEngine(host, port);
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
        return sockets;
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
        throw new UnsupportedOperationException("This context is for clients");
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
        return current.get().getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
        return current.get().getClientSessionContext();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
        return current.get().getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
        return current.get().getSupportedSSLParameters();
    }

    private final class Sockets extends SSLSocketFactory {

        private SSLSocketFactory current() {
            return current.get().getSocketFactory();
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return current().getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return current().getSupportedCipherSuites();
        }

        @Override
        public Socket createSocket() throws IOException {
            return current().createSocket();
        }

        @Override
        public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
            return current().createSocket(socket, host, port, autoClose);
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return current().createSocket(host, port);
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
            return current().createSocket(host, port, localHost, localPort);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return current().createSocket(host, port);
        }

        @Override
        public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
                throws IOException {
            return current().createSocket(address, port, localAddress, localPort);
        }
    }
}
