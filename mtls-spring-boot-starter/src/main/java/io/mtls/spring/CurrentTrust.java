package io.mtls.spring;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The services that are trusted as it is when a handshake asks, for a client library that makes a context of its own
 * (Reactor Netty). The connection is handed on each time: the host's name and the algorithm constraints are checked by who
 * has it.
 *
 * <p>A session that is resumed asks nobody. So the contexts that keep sessions are remembered, to have them forgotten.
 */
final class CurrentTrust extends X509ExtendedTrustManager {

    /** Far more than contexts that one application makes of one bundle, and handshakes that begin together. */
    private static final int MAX_UNSETTLED = 256;

    private final Supplier<X509ExtendedTrustManager> current;
    private final Set<SSLSessionContext> contexts = Collections.newSetFromMap(new WeakHashMap<>());

    /** Of handshakes that were not over yet: only then a session says which context keeps it. */
    private final Deque<SSLSession> unsettled = new ArrayDeque<>();

    CurrentTrust(Supplier<X509ExtendedTrustManager> current) {
        this.current = current;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
            throws CertificateException {
        current.get().checkServerTrusted(chain, authType, engine);
        SSLSession session = engine == null ? null : engine.getHandshakeSession();
        if (session != null) {
            remember(session);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
            throws CertificateException {
        current.get().checkServerTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        current.get().checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
            throws CertificateException {
        current.get().checkClientTrusted(chain, authType, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
            throws CertificateException {
        current.get().checkClientTrusted(chain, authType, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        current.get().checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return current.get().getAcceptedIssuers();
    }

    /** No session is resumed that was made before. Of a handshake that is under way in this instant one may be left. */
    synchronized void forgetSessions() {
        settle();
        for (SSLSessionContext context : contexts) {
            for (byte[] id : Collections.list(context.getIds())) {
                SSLSession session = context.getSession(id);
                if (session != null) {
                    session.invalidate();
                }
            }
        }
    }

    private synchronized void remember(SSLSession session) {
        settle();
        if (unsettled.size() == MAX_UNSETTLED) {
            unsettled.removeFirst();
        }
        unsettled.addLast(session);
    }

    private void settle() {
        for (Iterator<SSLSession> each = unsettled.iterator(); each.hasNext(); ) {
            SSLSessionContext context = each.next().getSessionContext();
            if (context != null) {
                contexts.add(context);
                each.remove();
            }
        }
    }
}
