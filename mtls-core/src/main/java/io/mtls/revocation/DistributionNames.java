package io.mtls.revocation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.jspecify.annotations.Nullable;

/**
 * The names of distribution points (RFC 5280 section 4.2.1.13), made comparable: directory names as {@link X500Principal},
 * which compares as section 7.1 asks, all others as they are encoded.
 *
 * <p>Everything here throws some {@link RuntimeException} on what is malformed.
 */
final class DistributionNames {

    private DistributionNames() {}

    /** @param relativeTo what a nameRelativeToCRLIssuer is the end of */
    static Set<Object> of(@Nullable DistributionPointName point, X500Principal relativeTo) {
        if (point == null) {
            return Set.of();
        }
        if (point.getType() == DistributionPointName.FULL_NAME) {
            return of(GeneralNames.getInstance(point.getName()));
        }
        List<RDN> rdns = new ArrayList<>(
                Arrays.asList(X500Name.getInstance(relativeTo.getEncoded()).getRDNs()));
        rdns.add(RDN.getInstance(point.getName()));
        return Set.of(principal(new X500Name(rdns.toArray(new RDN[0]))));
    }

    static Set<Object> of(GeneralNames names) {
        Set<Object> comparable = new HashSet<>();
        for (GeneralName name : names.getNames()) {
            comparable.add(name.getTagNo() == GeneralName.directoryName ? principal(name.getName()) : name);
        }
        return comparable;
    }

    static List<X500Principal> principals(@Nullable GeneralNames names) {
        List<X500Principal> principals = new ArrayList<>();
        if (names != null) {
            for (Object name : of(names)) {
                if (name instanceof X500Principal principal) {
                    principals.add(principal);
                }
            }
        }
        return principals;
    }

    /** The addresses of each distribution point that we would connect to: alternatives for the same list. */
    static List<List<URI>> addresses(CRLDistPoint points) {
        List<List<URI>> addresses = new ArrayList<>();
        for (DistributionPoint point : points.getDistributionPoints()) {
            addresses.add(addresses(point.getDistributionPoint()));
        }
        return addresses;
    }

    private static List<URI> addresses(@Nullable DistributionPointName point) {
        List<URI> addresses = new ArrayList<>();
        if (point != null && point.getType() == DistributionPointName.FULL_NAME) {
            for (GeneralName name : GeneralNames.getInstance(point.getName()).getNames()) {
                if (name.getTagNo() == GeneralName.uniformResourceIdentifier) {
                    try {
                        URI address = URI.create(
                                ASN1IA5String.getInstance(name.getName()).getString());
                        if (HttpFetcher.isAllowed(address)) {
                            addresses.add(address);
                        }
                    } catch (IllegalArgumentException e) {
                        // Not an address: no place to fetch anything from.
                    }
                }
            }
        }
        return addresses;
    }

    private static X500Principal principal(ASN1Encodable name) {
        try {
            return new X500Principal(name.toASN1Primitive().getEncoded());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
