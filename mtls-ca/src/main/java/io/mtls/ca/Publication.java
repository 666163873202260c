package io.mtls.ca;

/**
 * What a certificate says about where its issuer publishes.
 *
 * @param ocsp whether the issuer has a responder: a root, whose key is away, has none
 */
record Publication(CaSettings settings, String issuer, boolean ocsp) {
    static final String OCSP = "/ocsp";
    static final String CRL = "/crl/";
    static final String CA = "/ca/";
    static final String CRL_SUFFIX = ".crl";
    static final String DELTA_SUFFIX = "-delta.crl";

    static Publication ofCa(CaSettings settings, String root) {
        return new Publication(settings, root, false);
    }

    static Publication ofMember(CaSettings settings, String issuing) {
        return new Publication(settings, issuing, true);
    }

    CertificateBuilder addTo(CertificateBuilder builder) {
        if (settings.url() == null) {
            return builder;
        }
        String url = settings.url().toString();
        if (ocsp) {
            builder.ocspResponder(url + OCSP);
        }
        return builder.caIssuers(url + CA + issuer + Credentials.CRT)
                .crlDistributionPoint(url + CRL + issuer + CRL_SUFFIX);
    }
}
