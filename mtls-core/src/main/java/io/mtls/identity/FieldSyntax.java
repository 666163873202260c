package io.mtls.identity;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The textual form of fields; see {@link CertificateField#parse}. */
final class FieldSyntax {

    /** By its first word: the argument's description, empty where there is none, and how to make it. */
    private static final Map<String, Form> FORMS = forms();

    private record Form(String argument, Function<String, CertificateField> field) {}

    private FieldSyntax() {}

    static CertificateField parse(String text) {
        List<CertificateField> alternatives = Arrays.stream(text.split("\\|", -1))
                .map(alternative -> single(alternative.strip(), text))
                .toList();
        return FirstOf.of(alternatives);
    }

    private static CertificateField single(String text, String whole) {
        int colon = text.indexOf(':');
        String word = colon < 0 ? text : text.substring(0, colon);
        String argument = colon < 0 ? "" : text.substring(colon + 1);
        Form form = FORMS.get(word);
        if (form == null) {
            throw fault(whole, unknown(word, text));
        }
        if (form.argument.isEmpty() && colon >= 0) {
            throw fault(whole, "'" + word + "' stands alone, without ':'");
        }
        if (!form.argument.isEmpty() && argument.isEmpty()) {
            throw fault(whole, "'" + word + "' needs " + form.argument + " behind ':'");
        }
        try {
            return form.field.apply(argument);
        } catch (IllegalArgumentException e) {
            throw fault(whole, String.valueOf(e.getMessage()));
        }
    }

    private static String unknown(String word, String text) {
        if (text.isEmpty()) {
            return "an alternative is empty";
        }
        String hint = NearMiss.hint(word, FORMS.keySet());
        if (DistinguishedNames.isAttribute(text)) {
            hint = " (did you mean 'subject:" + text + "'?)";
        } else if (sanType(text).isPresent()) {
            hint = " (did you mean 'san:" + text + "'?)";
        }
        return "'" + SafeText.of(word) + "' is not a field of a certificate" + hint;
    }

    private static IllegalArgumentException fault(String whole, String what) {
        return new IllegalArgumentException("cannot read the certificate field '" + SafeText.of(whole) + "': " + what
                + ". Allowed are " + allowed() + ", and alternatives joined with '|'");
    }

    private static String allowed() {
        StringBuilder text = new StringBuilder();
        FORMS.forEach((word, form) -> {
            text.append(text.isEmpty() ? "" : ", ").append(word);
            text.append(form.argument.isEmpty() ? "" : ":<" + form.argument + ">");
        });
        return text.toString();
    }

    private static CertificateField san(String word) {
        return CertificateField.san(sanType(word).orElseThrow(() -> {
            List<String> words =
                    Arrays.stream(SanType.values()).map(SanType::word).toList();
            return new IllegalArgumentException("'" + SafeText.of(word) + "' is not a type of alternative name"
                    + NearMiss.hint(word, words) + "; there are " + words);
        }));
    }

    private static Optional<SanType> sanType(String word) {
        return Arrays.stream(SanType.values())
                .filter(type -> type.word().equals(word))
                .findFirst();
    }

    private static List<String> commaSeparated(String argument) {
        return Arrays.stream(argument.split(",", -1)).map(String::strip).toList();
    }

    private static Map<String, Form> forms() {
        Map<String, Form> forms = new LinkedHashMap<>();
        forms.put("subject", new Form("an attribute", CertificateField::subject));
        forms.put("issuer", new Form("an attribute", CertificateField::issuer));
        forms.put("san", new Form("a type", FieldSyntax::san));
        forms.put("spiffe-id", new Form("a trust domain", names -> X509Svid.idField(commaSeparated(names))));
        forms.put("spiffe-path", new Form("a trust domain", names -> X509Svid.pathField(commaSeparated(names))));
        forms.put("serial", new Form("", none -> CertificateField.serialNumberAndIssuer()));
        forms.put("sha256", new Form("", none -> CertificateField.sha256Fingerprint()));
        forms.put("policy", new Form("", none -> CertificateField.policies()));
        forms.put("eku", new Form("", none -> CertificateField.extendedKeyUsages()));
        forms.put("extension", new Form("an OID", CertificateField::extension));
        return forms;
    }
}
