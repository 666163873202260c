package io.mtls.ca;

import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.ReasonFlags;

/** What a CRL says that it is about: the fields of its issuing distribution point, RFC 5280 section 5.2.5. */
record IssuingScope(
        List<String> uris,
        boolean user,
        boolean ca,
        boolean attribute,
        List<RevocationReason> reasons,
        boolean indirect) {
    static final IssuingScope EVERYTHING = new IssuingScope(List.of(), false, false, false, List.of(), false);

    IssuingScope at(String uri) {
        List<String> more = new ArrayList<>(uris);
        more.add(uri);
        return new IssuingScope(List.copyOf(more), user, ca, attribute, reasons, indirect);
    }

    IssuingScope onlyUser() {
        return new IssuingScope(uris, true, ca, attribute, reasons, indirect);
    }

    IssuingScope onlyCa() {
        return new IssuingScope(uris, user, true, attribute, reasons, indirect);
    }

    IssuingScope onlyAttribute() {
        return new IssuingScope(uris, user, ca, true, reasons, indirect);
    }

    IssuingScope onlyReasons(RevocationReason... some) {
        return new IssuingScope(uris, user, ca, attribute, List.of(some), indirect);
    }

    IssuingScope indirectly() {
        return new IssuingScope(uris, user, ca, attribute, reasons, true);
    }

    Extension extension() {
        DistributionPointName point = uris.isEmpty() ? null : new DistributionPointName(fullName());
        int flags = reasons.stream().mapToInt(RevocationReason::flag).reduce(0, (all, flag) -> all | flag);
        ReasonFlags some = reasons.isEmpty() ? null : new ReasonFlags(flags);
        return Extensions.issuingDistributionPoint(
                new IssuingDistributionPoint(point, user, ca, some, indirect, attribute));
    }

    private GeneralNames fullName() {
        return new GeneralNames(uris.stream()
                .map(uri -> GeneralName.uri(uri).asn1())
                .toArray(org.bouncycastle.asn1.x509.GeneralName[]::new));
    }
}
