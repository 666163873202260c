package io.mtls.ca.cli;

import io.mtls.ca.RevocationReason;
import java.util.Arrays;
import java.util.Iterator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The reasons of RFC 5280 by their names there. */
final class Reasons implements ITypeConverter<RevocationReason>, Iterable<String> {
    @Override
    public RevocationReason convert(String text) {
        try {
            return RevocationReason.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    @Override
    public Iterator<String> iterator() {
        return Arrays.stream(RevocationReason.values())
                .map(RevocationReason::text)
                .iterator();
    }
}
