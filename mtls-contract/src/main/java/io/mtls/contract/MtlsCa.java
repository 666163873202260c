package io.mtls.contract;

import io.mtls.ca.CaServer;
import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.RevocationReason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/** A CA of {@code mtls-ca}, and its server. */
final class MtlsCa implements RevokingCa {

    private final CaServer server;
    private final CertificateAuthority authority;

    /** @param validity of what it publishes: longer than a test's clock is ever ahead */
    MtlsCa(String name, Duration validity) {
        server = CaServer.start(
                url -> CertificateAuthority.inMemory(
                        CaSettings.named(name).withUrl(url).withValidity(validity, validity), InstantSource.system()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        authority = server.authority();
    }

    @Override
    public X509Certificate root() {
        return authority.root();
    }

    @Override
    public Holder issue(String name) {
        HeldCertificate held = authority.issue(Member.client(name));
        return new Holder(name, held.certificate(), held::clientContext);
    }

    @Override
    public void revoke(Holder holder) {
        authority.revoke(holder.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
    }

    @Override
    public Map<String, byte[]> lists() {
        return Map.of("root.crl", authority.crl("root-1"), "issuing.crl", authority.crl("issuing-1"));
    }

    @Override
    public void close() {
        server.close();
    }
}
