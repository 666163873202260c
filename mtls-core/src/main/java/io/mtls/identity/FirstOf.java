package io.mtls.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The values of the first field that has any. */
record FirstOf(List<CertificateField> fields) implements CertificateField {

    static final String SEPARATOR = " | ";

    FirstOf {
        fields = List.copyOf(fields);
    }

    static CertificateField of(List<CertificateField> fields) {
        List<CertificateField> flat = new ArrayList<>();
        for (CertificateField field : fields) {
            if (field instanceof FirstOf inner) {
                flat.addAll(inner.fields);
            } else {
                flat.add(field);
            }
        }
        if (flat.isEmpty()) {
            throw new IllegalArgumentException("firstOf needs at least one field");
        }
        return flat.size() == 1 ? flat.get(0) : new FirstOf(flat);
    }

    @Override
    public List<String> values(X509Certificate certificate) throws CertificateParsingException {
        for (CertificateField field : fields) {
            List<String> values = field.values(certificate);
            if (!values.isEmpty()) {
                return values;
            }
        }
        return List.of();
    }

    @Override
    public String toString() {
        return fields.stream().map(Object::toString).collect(Collectors.joining(SEPARATOR));
    }
}
