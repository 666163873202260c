package io.mtls.ca.cli;

import io.mtls.ca.KeyType;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The types of key that are fit for use, by the names that people know them by. */
final class KeyTypes implements ITypeConverter<KeyType>, Iterable<String> {
    private static final Map<String, KeyType> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("p256", KeyType.P256);
        BY_NAME.put("p384", KeyType.P384);
        BY_NAME.put("p521", KeyType.P521);
        BY_NAME.put("ed25519", KeyType.ED25519);
        BY_NAME.put("rsa-2048", KeyType.RSA_2048);
        BY_NAME.put("rsa-3072", KeyType.RSA_3072);
        BY_NAME.put("rsa-4096", KeyType.RSA_4096);
    }

    @Override
    public KeyType convert(String text) {
        String plain = text.toLowerCase(Locale.ROOT).replace("p-", "p");
        KeyType type = BY_NAME.get(plain);
        if (type == null) {
            throw new TypeConversionException("\"" + text + "\" is none of " + String.join(", ", BY_NAME.keySet()));
        }
        return type;
    }

    @Override
    public Iterator<String> iterator() {
        return BY_NAME.keySet().iterator();
    }
}
