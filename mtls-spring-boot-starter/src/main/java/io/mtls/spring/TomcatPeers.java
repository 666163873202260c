package io.mtls.spring;

import io.mtls.proxy.AddressRange;
import io.mtls.servlet.MtlsFilter;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.net.InetAddress;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/** Leaves the connection's own address with each request, which Tomcat's {@code RemoteIpValve} does not change. */
final class TomcatPeers extends ValveBase {

    TomcatPeers() {
        super(true); // Asynchronous requests pass, too.
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        InetAddress peer = AddressRange.addressOf(request.getPeerAddr());
        request.setAttribute(MtlsFilter.PEER_ATTRIBUTE, peer != null ? peer : MtlsFilter.UNKNOWN_PEER);
        getNext().invoke(request, response);
    }
}
