package io.mtls.revocation;

import java.math.BigInteger;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates a CRL lists. Immutable.
 *
 * <p>An entry takes 21 bytes, 25 where some serial number of the list does not fit 128 bits, 4 more in an indirect CRL: one
 * position in parallel arrays that are sorted by {@link SerialKey#order}. Because that is evenly spread, its first bits say
 * nearly where an entry is: they number the buckets, of four to eight entries each. Serial numbers of more than
 * {@value SerialKey#MAX_OCTETS} octets, which RFC 5280 does not allow, are in a map.
 *
 * <p>A look-up compares whole serial numbers. A serial number that is listed twice counts with what is most careful: any
 * reason wins over {@code removeFromCRL}, then the earlier date.
 */
final class CrlIndex {

    /** Not listed. */
    static final long ABSENT = -1;

    /** Dates are kept as unsigned seconds since then: the earliest that a UTCTime can say. */
    private static final long EPOCH = Instant.parse("1950-01-01T00:00:00Z").getEpochSecond();

    /** Each is several objects; RFC 5280 section 4.1.2.2 allows none of them. */
    static final int MAX_TOO_LONG = 1 << 18;

    private static final long MAX_SECONDS = 0xFFFF_FFFFL;

    private final int size;
    private final long[] orders;
    private final long[] rests;
    private final int @Nullable [] tops;
    private final int @Nullable [] issuers;
    private final int[] dates;
    private final byte[] reasons;

    /** Where each bucket ends, and so the next begins. */
    private final int[] ends;

    private final Map<TooLong, Long> tooLong;
    private final Map<X500Principal, Integer> issuerNumbers;
    private final boolean unknownCritical;

    private record TooLong(BigInteger serial, int issuer) {}

    private CrlIndex(Builder builder, CrlEntries all) {
        size = builder.put + builder.putTooLong;
        orders = builder.orders;
        rests = builder.rests;
        tops = builder.tops;
        issuers = builder.issuers;
        dates = builder.dates;
        reasons = builder.reasons;
        ends = builder.ends;
        tooLong = Map.copyOf(builder.tooLong);
        issuerNumbers = Map.copyOf(all.issuers());
        unknownCritical = all.hasUnknownCriticalExtension();
    }

    /** How many entries the list has. */
    int size() {
        return size;
    }

    /**
     * Looks for a certificate of the CRL's own issuer. Allocates nothing, except for a serial number of more than
     * {@value SerialKey#MAX_OCTETS} octets.
     *
     * @return {@link #ABSENT}, or something for {@link #revokedAt} and {@link #reason}
     */
    long find(SerialKey serial) {
        return find(serial, 0);
    }

    /** Looks for a certificate of this issuer, which only an indirect CRL lists if it is not the CRL's own. */
    long find(SerialKey serial, X500Principal issuer) {
        Integer number = issuerNumbers.get(issuer);
        return number == null ? ABSENT : find(serial, number);
    }

    private long find(SerialKey serial, int issuer) {
        if (serial.tooLong() != null) {
            Long found = tooLong.get(new TooLong(serial.tooLong(), issuer));
            return found == null ? ABSENT : found;
        }
        int bucket = bucket(serial.order(), ends.length);
        int low = bucket == 0 ? 0 : ends[bucket - 1];
        int end = ends[bucket];
        for (int high = end; low < high; ) {
            int middle = (low + high) >>> 1;
            if (compare(middle, serial, issuer) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < end && compare(low, serial, issuer) == 0 ? found(dates[low], reasons[low]) : ABSENT;
    }

    private int compare(int position, SerialKey serial, int issuer) {
        int order = Long.compare(orders[position], serial.order());
        if (order == 0) {
            order = Long.compare(rests[position], serial.rest());
        }
        if (order == 0) {
            order = Integer.compare(at(tops, position), serial.top());
        }
        return order != 0 ? order : Integer.compare(at(issuers, position), issuer);
    }

    private static int at(int @Nullable [] array, int position) {
        return array == null ? 0 : array[position];
    }

    /** The first bits. There are at least two buckets, so that the orders in one have the same sign. */
    private static int bucket(long order, int buckets) {
        return (int) (order >>> (Long.numberOfLeadingZeros(buckets) + 1));
    }

    private static long found(int date, int reason) {
        return (Integer.toUnsignedLong(date) << Byte.SIZE) | (reason & 0xFF);
    }

    /** The date of an entry that was found, to the second. One behind the year 2085 is given as the last that fits. */
    static Instant revokedAt(long found) {
        return Instant.ofEpochSecond((found >>> Byte.SIZE) + EPOCH);
    }

    /**
     * The CRLReason code of an entry that was found; -1 where it has none. Codes that RFC 5280 does not know are given as
     * they are.
     */
    static int reason(long found) {
        return (byte) found;
    }

    /** Whether some entry has a critical extension that is not known here: the list cannot say who is good, section 5.3. */
    boolean hasUnknownCriticalEntryExtension() {
        return unknownCritical;
    }

    /** Whether some entry names another issuer. Only an indirect CRL may, section 5.3.3. */
    boolean listsOtherIssuers() {
        return issuerNumbers.size() > 1;
    }

    /**
     * Makes an index from two readings of the entries: in the first each is {@link #count counted}, in the second each is
     * {@link #put}. So the arrays have the right size at once and nothing is copied. If the readings differ then nothing is
     * built.
     */
    static final class Builder {
        /** For four to eight entries in a bucket: their orders are on one or two lines of a processor's cache. */
        private static final int BYTES_PER_BUCKET = 4 * 48;

        private static final int BUCKETS_AT_A_TIME = (1 << 11) - 1;

        private int counted;
        private boolean wide;
        private boolean indirect;

        /** First how many are in each bucket, then where the next one of it belongs, last where it ends. */
        private final int[] ends;

        private long[] orders = {};
        private long[] rests = {};
        private int @Nullable [] tops;
        private int @Nullable [] issuers;
        private int[] dates = {};
        private byte[] reasons = {};
        private final Map<TooLong, Long> tooLong = new HashMap<>();
        private int countedTooLong;
        private int put;
        private int putTooLong;

        /** @param bytes that the entries have in DER */
        Builder(int bytes) {
            ends = new int[Integer.highestOneBit(Math.max(2, bytes / BYTES_PER_BUCKET))];
        }

        void count(CrlEntries entry) throws CrlException {
            if (entry.tooLong() != null) {
                if (countedTooLong == MAX_TOO_LONG) {
                    throw CrlException.unverifiable("more than " + MAX_TOO_LONG + " serial numbers of more than "
                            + SerialKey.MAX_OCTETS + " octets");
                }
                countedTooLong++;
            } else {
                ends[bucket(SerialKey.order(entry.high(), entry.low()), ends.length)]++;
                counted++;
                wide |= entry.top() != 0;
                indirect |= entry.issuer() != 0;
            }
        }

        void allCounted() {
            CrlEntries.letRequestsPass(); // A long array is filled with zeros for a millisecond.
            orders = new long[counted];
            CrlEntries.letRequestsPass();
            rests = new long[counted];
            CrlEntries.letRequestsPass();
            tops = wide ? new int[counted] : null;
            issuers = indirect ? new int[counted] : null;
            dates = new int[counted];
            reasons = new byte[counted];
            int start = 0;
            for (int i = 0; i < ends.length; i++) {
                int count = ends[i];
                ends[i] = start;
                start += count;
            }
        }

        void put(CrlEntries entry) throws CrlException {
            long date = Math.min(entry.revokedAt() - EPOCH, MAX_SECONDS);
            if (entry.tooLong() != null) {
                if (putTooLong == countedTooLong) {
                    throw changed();
                }
                tooLong.merge(
                        new TooLong(entry.tooLong(), entry.issuer()),
                        found((int) date, entry.reason()),
                        (one, other) -> precedence(one) < precedence(other) ? one : other);
                putTooLong++;
                return;
            }
            long order = SerialKey.order(entry.high(), entry.low());
            int bucket = bucket(order, ends.length);
            int position = ends[bucket];
            if (position >= counted || (!wide && entry.top() != 0) || (!indirect && entry.issuer() != 0)) {
                throw changed();
            }
            ends[bucket]++;
            put++;
            orders[position] = order;
            rests[position] = SerialKey.rest(entry.high(), entry.low());
            if (tops != null) {
                tops[position] = entry.top();
            }
            if (issuers != null) {
                issuers[position] = entry.issuer();
            }
            dates[position] = (int) date;
            reasons[position] = (byte) entry.reason();
        }

        /** @param all the second reading, at its end */
        CrlIndex build(CrlEntries all) throws CrlException {
            if (put != counted) {
                throw changed();
            }
            int start = 0;
            for (int bucket = 0; bucket < ends.length; bucket++) {
                int end = ends[bucket];
                if ((bucket & BUCKETS_AT_A_TIME) == BUCKETS_AT_A_TIME) {
                    CrlEntries.letRequestsPass();
                }
                for (int i = start; i < end; i++) {
                    if (bucket(orders[i], ends.length) != bucket) {
                        throw changed();
                    }
                }
                sort(start, end);
                start = end;
            }
            if (start != counted) {
                throw changed();
            }
            return new CrlIndex(this, all);
        }

        private static CrlException changed() {
            return CrlException.unverifiable("the file has changed while it was read");
        }

        /**
         * Sedgewick's shell sort of 1986: in place, as good as insertion sort for the few entries that are usual, and
         * below n^(4/3) steps for a bucket into which somebody got many.
         */
        private void sort(int start, int end) {
            int gaps = 0;
            while (gap(gaps) < end - start) {
                gaps++;
            }
            while (--gaps >= 0) {
                int gap = gap(gaps);
                for (int i = start + gap; i < end; i++) {
                    for (int j = i; j >= start + gap && precedes(j, j - gap); j -= gap) {
                        swap(j, j - gap);
                    }
                }
            }
        }

        /** 1, 8, 23, 77, 281, ... */
        private static int gap(int index) {
            return index == 0
                    ? 1
                    : (int) Math.min((1L << (2 * index)) + 3 * (1L << (index - 1)) + 1, Integer.MAX_VALUE);
        }

        private boolean precedes(int i, int j) {
            if (orders[i] != orders[j]) {
                return orders[i] < orders[j];
            }
            if (rests[i] != rests[j]) {
                return rests[i] < rests[j];
            }
            if (at(tops, i) != at(tops, j)) {
                return at(tops, i) < at(tops, j);
            }
            if (at(issuers, i) != at(issuers, j)) {
                return at(issuers, i) < at(issuers, j);
            }
            return precedence(found(dates[i], reasons[i])) < precedence(found(dates[j], reasons[j]));
        }

        /** Of two entries for one certificate, the lower counts; {@link #find} finds the first. */
        private static long precedence(long found) {
            return reason(found) == CrlReason.REMOVE_FROM_CRL ? found | (1L << 62) : found;
        }

        private void swap(int i, int j) {
            long order = orders[i];
            orders[i] = orders[j];
            orders[j] = order;
            long rest = rests[i];
            rests[i] = rests[j];
            rests[j] = rest;
            if (tops != null) {
                swap(tops, i, j);
            }
            if (issuers != null) {
                swap(issuers, i, j);
            }
            swap(dates, i, j);
            byte reason = reasons[i];
            reasons[i] = reasons[j];
            reasons[j] = reason;
        }

        private static void swap(int[] array, int i, int j) {
            int value = array[i];
            array[i] = array[j];
            array[j] = value;
        }
    }
}
