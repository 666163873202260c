package io.mtls.revocation;

import java.time.Year;
import java.util.Arrays;

/**
 * Reads DER (X.690) in an array, strictly: definite lengths, as short as they can be, nothing beyond the value around.
 *
 * <p>The only reader of ASN.1 by hand, because a list of a million entries cannot be made objects of; it knows what the
 * frame and the entries of a CRL need and no more. Not thread safe.
 */
final class DerCursor {

    static final int BOOLEAN = 0x01;
    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OCTET_STRING = 0x04;
    static final int OBJECT_IDENTIFIER = 0x06;
    static final int ENUMERATED = 0x0A;
    static final int UTC_TIME = 0x17;
    static final int GENERALIZED_TIME = 0x18;
    static final int SEQUENCE = 0x30;

    /** Of four octets at most: no list that is read here is longer than {@link CrlFile#MAX_BYTES}. */
    private static final int MAX_LENGTH_OCTETS = 4;

    /** From the first of March of the year 0. */
    private static final int DAYS_TO_1970 = 719_468;

    private static final int SECONDS_PER_DAY = 24 * 60 * 60;

    final byte[] bytes;

    /** How many bytes of the array are there to be read. */
    int limit;

    int position;

    /** Where in the file the array begins, for messages. */
    long offset;

    DerCursor(byte[] bytes, int limit, long offset) {
        this.bytes = bytes;
        this.limit = limit;
        this.offset = offset;
    }

    /** Whether there is a value with this tag before that end. */
    boolean isAt(int tag, int end) {
        return position < end && position < limit && (bytes[position] & 0xFF) == tag;
    }

    /**
     * Reads a tag, which has to be this one, and a length; what follows is the content.
     *
     * @param end of the value around: the content may not reach beyond; it may reach beyond the array
     * @return where the content ends
     */
    int enter(int tag, int end) throws CrlException {
        need(2);
        if ((bytes[position] & 0xFF) != tag) {
            throw malformed("unexpected tag");
        }
        int length = bytes[position + 1];
        position += 2;
        if (length < 0) {
            length = longLength(length & 0x7F);
        }
        if (length > end - position) {
            throw malformed("a value reaches beyond the one around it");
        }
        return position + length;
    }

    private int longLength(int octets) throws CrlException {
        if (octets == 0 || octets > MAX_LENGTH_OCTETS) {
            throw malformed(octets == 0 ? "indefinite length" : "a length out of bounds");
        }
        need(octets);
        long length = 0;
        for (int i = 0; i < octets; i++) {
            length = (length << 8) | (bytes[position++] & 0xFF);
        }
        if (length < 0x80 || length >>> (8 * (octets - 1)) == 0) {
            throw malformed("a length that is not minimal");
        }
        if (length > CrlFile.MAX_BYTES) {
            throw malformed("a length out of bounds");
        }
        return (int) length;
    }

    /** A copy of a whole value, tag and length included. */
    byte[] element(int tag, int end) throws CrlException {
        int start = position;
        int contentEnd = enter(tag, end);
        need(contentEnd - position);
        position = contentEnd;
        return Arrays.copyOfRange(bytes, start, contentEnd);
    }

    /** A copy of the content of a value. */
    byte[] content(int tag, int end) throws CrlException {
        int contentEnd = enter(tag, end);
        need(contentEnd - position);
        byte[] content = Arrays.copyOfRange(bytes, position, contentEnd);
        position = contentEnd;
        return content;
    }

    /** A value ends here, or something is left over. */
    void expectEnd(int end) throws CrlException {
        if (position != end) {
            throw malformed("something is left over");
        }
    }

    /** An extension's {@code critical}. Written out though it is false it is no DER; CAs do it, and it is clear enough. */
    boolean optionalBoolean(int end) throws CrlException {
        if (!isAt(BOOLEAN, end)) {
            return false;
        }
        expectEnd(enter(BOOLEAN, end) - 1);
        need(1);
        byte value = bytes[position];
        if (value != 0 && value != (byte) 0xFF) {
            throw malformed("a BOOLEAN that is neither true nor false");
        }
        position++;
        return value != 0;
    }

    /**
     * The seconds since 1970 of a Time as RFC 5280 section 5.1.2.4 to 5.1.2.6 wants it: UTCTime through 2049 and
     * GeneralizedTime from 2050 on, with seconds, in Zulu, no fractions.
     */
    long time(int end) throws CrlException {
        boolean utc = isAt(UTC_TIME, end);
        int contentEnd = enter(utc ? UTC_TIME : GENERALIZED_TIME, end);
        need(contentEnd - position);
        if (contentEnd - position != (utc ? 13 : 15) || bytes[contentEnd - 1] != 'Z') {
            throw malformed("a time of a form that RFC 5280 does not allow");
        }
        int year = twoDigits();
        if (utc) {
            year += year < 50 ? 2000 : 1900;
        } else {
            year = year * 100 + twoDigits();
            if (year < 2050) {
                throw malformed("a GeneralizedTime before 2050");
            }
        }
        int month = twoDigits();
        int day = twoDigits();
        int hour = twoDigits();
        int minute = twoDigits();
        int second = twoDigits();
        if (month < 1
                || month > 12
                || day < 1
                || day > daysIn(month, year)
                || hour > 23
                || minute > 59
                || second > 59) {
            throw malformed("a time that does not exist");
        }
        position = contentEnd;
        return epochDay(year, month, day) * SECONDS_PER_DAY + (hour * 60L + minute) * 60 + second;
    }

    /** As {@code LocalDate} has it, without making one for each entry: the years begin in March, with leap days at the end. */
    private static long epochDay(int year, int month, int day) {
        int years = month <= 2 ? year - 1 : year;
        int months = (month + 9) % 12;
        return years * 365L + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1 - DAYS_TO_1970;
    }

    private int twoDigits() throws CrlException {
        int tens = bytes[position] - '0';
        int ones = bytes[position + 1] - '0';
        if (tens < 0 || tens > 9 || ones < 0 || ones > 9) {
            throw malformed("a time with something else than digits");
        }
        position += 2;
        return tens * 10 + ones;
    }

    private static int daysIn(int month, int year) {
        if (month == 2) {
            return Year.isLeap(year) ? 29 : 28;
        }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    private void need(int count) throws CrlException {
        if (count > limit - position) {
            throw malformed("it ends early, or a part is longer than allowed");
        }
    }

    CrlException malformed(String what) {
        return CrlException.unverifiable("malformed list: " + what + ", at byte " + (offset + position));
    }
}
