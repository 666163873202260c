package io.mtls;

import io.mtls.proxy.AddressRange;
import io.mtls.proxy.Forwarded;
import io.mtls.proxy.ForwardedCertificates;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that terminate TLS in front of this application, and may say whose certificate they saw.
 *
 * <p>A proxy is known by the address of the connection's other end, by a client certificate of its own, or by both. What it
 * forwards is verified here in full: path, policy, revocation. That its sender held the key is the proxy's word, so whoever
 * can speak as the proxy can speak as anybody. The proxy's own certificate is never the caller.
 *
 * <p>From everybody else the headers in question, in any spelling that some reader takes for them, are refused; or, where
 * {@link Builder#ignoreFromOthers} says so, kept from the application.
 *
 * <p>That a proxy has verified a certificate counts only for an issuer with {@link TrustAnchors#verifiedByProxy}, and not in
 * a format whose proxies verify nothing. Names and results that come beside a certificate are not read.
 */
public final class TrustedProxies {

    private final ForwardedCertificates format;
    private final Supplier<ClientCertificateVerifier> forwarded;
    private final List<AddressRange> addresses;
    private final @Nullable Supplier<ClientCertificateVerifier> certificates;
    private final boolean ignoredFromOthers;

    private TrustedProxies(Builder builder) {
        this.format = builder.format;
        this.forwarded = builder.forwarded;
        this.addresses = List.copyOf(builder.addresses);
        this.certificates = builder.certificates;
        this.ignoredFromOthers = builder.ignoredFromOthers;
    }

    /**
     * Starts with how certificates are forwarded, and who may hold them.
     *
     * @param forwarded the verifier of what is forwarded, with trust anchors of its own; asked on each request
     */
    public static Builder builder(ForwardedCertificates format, Supplier<ClientCertificateVerifier> forwarded) {
        return new Builder(format, forwarded);
    }

    /** Whether a header is to be kept from the application: it is read here, or looks like one that is. */
    public boolean isForwardedCertificate(String header) {
        return format.isAlias(header);
    }

    /**
     * Whether addresses count, so that an adapter has to know the connection's own, whatever {@code X-Forwarded-For} says
     * ({@link RequestFacts#peer}).
     */
    public boolean areKnownByAddress() {
        return !addresses.isEmpty();
    }

    /** Whether a proxy has to present a certificate of its own, so that the server has to ask for one. */
    public boolean areKnownByCertificate() {
        return certificates != null;
    }

    /** Who may hold what is forwarded. The proxy's word is taken only in a format whose proxies verify at all. */
    ClientCertificateVerifier forwarded() {
        ClientCertificateVerifier verifier = forwarded.get();
        return format.isVerifiedByProxy() ? verifier.ofForwarded() : verifier;
    }

    /** Null where proxies are known by their addresses alone. */
    @Nullable
    ClientCertificateVerifier certificates() {
        return certificates == null ? null : certificates.get();
    }

    boolean ignoredFromOthers() {
        return ignoredFromOthers;
    }

    boolean hasAddressOfProxy(RequestFacts facts) {
        if (addresses.isEmpty()) {
            return true;
        }
        InetAddress peer = facts.peer();
        return peer != null && addresses.stream().anyMatch(range -> range.contains(peer));
    }

    /** A header that says or seems to say whose certificate a proxy saw; null if there is none. */
    @Nullable
    String suspicious(RequestFacts facts) {
        for (String name : facts.headerNames()) {
            if (format.isAlias(name)) {
                return name;
            }
        }
        return null;
    }

    /**
     * What a proxy forwards with a request. Read anew each time: what clients present, and proxies pass on, takes no room
     * here before it is verified.
     */
    Forwarded read(RequestFacts facts) {
        return format.read(facts::headers);
    }

    /** At least one way to know a proxy has to be given. */
    public static final class Builder {
        private final ForwardedCertificates format;
        private final Supplier<ClientCertificateVerifier> forwarded;
        private final List<AddressRange> addresses = new ArrayList<>();
        private @Nullable Supplier<ClientCertificateVerifier> certificates;
        private boolean ignoredFromOthers;

        private Builder(ForwardedCertificates format, Supplier<ClientCertificateVerifier> forwarded) {
            this.format = format;
            this.forwarded = forwarded;
        }

        /**
         * Proxies connect from these addresses. Everybody who can connect from there is believed, so they must not be
         * shared; and the adapter must know the connection's own address, not one out of {@code X-Forwarded-For}.
         *
         * @param ranges such as {@code 10.0.0.0/24} ({@link AddressRange#parse})
         * @throws IllegalArgumentException if one is no range, or holds every address
         */
        public Builder addresses(String... ranges) {
            for (String range : ranges) {
                addresses.add(range(range));
            }
            return this;
        }

        static AddressRange range(String text) {
            AddressRange range = AddressRange.parse(text);
            if (range.prefixLength() == 0) {
                throw new IllegalArgumentException(
                        "'" + text + "' is every address, so that whoever sends a certificate in"
                                + " a header would be believed: name the addresses that proxies connect from");
            }
            return range;
        }

        /**
         * Proxies present certificates that this verifier accepts: an issuer of their own, or one with a list of {@link
         * TrustedIssuer.Builder#members}.
         *
         * @param proxies asked on each request
         */
        public Builder certificates(Supplier<ClientCertificateVerifier> proxies) {
            this.certificates = proxies;
            return this;
        }

        /**
         * Serves those who send such headers and are no proxies, without letting the application see them. Risk: a proxy
         * that is not recognised any more serves everybody as anonymous where that is allowed, and nobody is told.
         */
        public Builder ignoreFromOthers() {
            ignoredFromOthers = true;
            return this;
        }

        /**
         * Ready to be used.
         *
         * @throws IllegalStateException if proxies are known by nothing
         * @throws IllegalArgumentException if their word is to be taken for what they forward unverified
         */
        public TrustedProxies build() {
            if (addresses.isEmpty() && certificates == null) {
                throw new IllegalStateException("Whoever sends a certificate in a header would be believed: say which"
                        + " proxies may, by addresses, by certificates, or both");
            }
            if (!format.isVerifiedByProxy() && forwarded.get().believesProxies()) {
                throw new IllegalArgumentException(
                        "An issuer's certificates are verified by proxies only, and in this format"
                                + " proxies forward what they have not verified: give the issuer anchors");
            }
            return new TrustedProxies(this);
        }
    }
}
