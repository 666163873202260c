package io.mtls.ca;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.BERTags;

/** Encodings put together byte by byte: for what is too long to be made of objects, and for what is to be wrong. */
final class Der {
    static final byte[] NOTHING = {};

    private static final DateTimeFormatter UTC_TIME = new DateTimeFormatterBuilder()
            .appendValueReduced(ChronoField.YEAR, 2, 2, 1950)
            .appendPattern("MMddHHmmss'Z'")
            .toFormatter(Locale.ROOT);
    private static final DateTimeFormatter GENERALIZED_TIME =
            DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'", Locale.ROOT);

    private Der() {}

    static byte[] sequence(byte[]... parts) {
        return value(BERTags.CONSTRUCTED | BERTags.SEQUENCE, parts);
    }

    static byte[] explicit(int tag, byte[]... parts) {
        return value(BERTags.CONTEXT_SPECIFIC | BERTags.CONSTRUCTED | tag, parts);
    }

    /** A value with a tag of one octet and a length in as few octets as possible, X.690 section 10.1. */
    static byte[] value(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        int lengthOctets = length < 0x80 ? 0 : (Integer.SIZE - Integer.numberOfLeadingZeros(length) + 7) / 8;
        byte[] der = new byte[Math.addExact(2 + lengthOctets, length)];
        der[0] = (byte) tag;
        der[1] = (byte) (lengthOctets == 0 ? length : 0x80 | lengthOctets);
        for (int i = 0; i < lengthOctets; i++) {
            der[2 + i] = (byte) (length >> (8 * (lengthOctets - 1 - i)));
        }
        int at = 2 + lengthOctets;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, der, at, part.length);
            at += part.length;
        }
        return der;
    }

    /** UTCTime up to 2049, then GeneralizedTime, RFC 5280 section 4.1.2.5. */
    static byte[] time(Instant instant) {
        OffsetDateTime utc = instant.atOffset(ZoneOffset.UTC);
        return utc.getYear() >= 1950 && utc.getYear() < 2050
                ? value(BERTags.UTC_TIME, UTC_TIME.format(utc).getBytes(US_ASCII))
                : generalizedTime(instant);
    }

    /** To the second, as RFC 5280 and RFC 6960 have it. */
    static byte[] generalizedTime(Instant instant) {
        String text = GENERALIZED_TIME.format(instant.atOffset(ZoneOffset.UTC));
        return value(BERTags.GENERALIZED_TIME, text.getBytes(US_ASCII));
    }

    static byte[] encoded(ASN1Encodable value) {
        try {
            return value.toASN1Primitive().getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
