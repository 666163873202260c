package io.mtls.revocation;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * A serial number ready for look-ups in a {@link CrlIndex}.
 *
 * <p>A serial number of up to 20 octets (RFC 5280 section 4.1.2.2), negative ones included, is three parts of its two's
 * complement. The lower two, 128 bits, are mixed, because the numbers of a CA may begin or end alike: {@link #order} is
 * spread evenly whatever they are. The mixing is one to one, so equal keys are equal serial numbers and nothing else.
 */
final class SerialKey {

    /** So many octets are split into parts; longer ones are kept as they are. */
    static final int MAX_OCTETS = 20;

    private final int top;
    private final long order;
    private final long rest;
    private final @Nullable BigInteger tooLong;

    private SerialKey(int top, long order, long rest, @Nullable BigInteger tooLong) {
        this.top = top;
        this.order = order;
        this.rest = rest;
        this.tooLong = tooLong;
    }

    static SerialKey of(BigInteger serial) {
        if (serial.bitLength() >= MAX_OCTETS * Byte.SIZE) {
            return new SerialKey(0, 0, 0, serial);
        }
        long high = serial.shiftRight(64).longValue();
        long low = serial.longValue();
        return new SerialKey(serial.shiftRight(128).intValue(), order(high, low), rest(high, low), null);
    }

    /** The bits from 128 on, and so the sign. */
    int top() {
        return top;
    }

    /** The lower 128 bits mixed, first half; entries are sorted by it. */
    long order() {
        return order;
    }

    /** The lower 128 bits mixed, second half. */
    long rest() {
        return rest;
    }

    /** The serial number itself if it has more than {@link #MAX_OCTETS}; then the parts mean nothing. */
    @Nullable
    BigInteger tooLong() {
        return tooLong;
    }

    // Two rounds of a Feistel network: with rest = high ^ mix(low) and order = low ^ mix(rest) both can be had back.

    static long order(long high, long low) {
        return low ^ mix(rest(high, low));
    }

    static long rest(long high, long low) {
        return high ^ mix(low);
    }

    /** Each bit of the result depends on each bit: the finalizer of MurmurHash3. */
    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 33) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ mixed >>> 33;
    }
}
