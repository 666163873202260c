package io.mtls.ca;

import java.net.InetSocketAddress;
import java.net.URI;

/** What the servers have in common. */
final class Http {
    private Http() {}

    /** How to reach this address from this machine. */
    static URI url(InetSocketAddress address) {
        String host = address.getAddress().isAnyLocalAddress() ? "localhost" : address.getHostString();
        String literal = host.contains(":") ? "[" + host + "]" : host;
        return URI.create("http://" + literal + ":" + address.getPort());
    }
}
