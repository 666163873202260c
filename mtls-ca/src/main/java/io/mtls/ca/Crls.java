package io.mtls.ca;

import io.mtls.ca.DerReader.MalformedException;
import java.time.DateTimeException;
import java.time.Instant;
import org.bouncycastle.asn1.BERTags;

/** What a CRL of our own says of itself, without a look at its entries, of which there may be many. */
final class Crls {
    private Crls() {}

    /** From this to the next update. */
    static Validity validity(byte[] der) {
        try {
            DerReader content = DerReader.of(der).enter(DerReader.SEQUENCE).enter(DerReader.SEQUENCE);
            content.integer();
            content.skip();
            content.skip();
            return new Validity(time(content), time(content));
        } catch (MalformedException | DateTimeException e) {
            throw new IllegalArgumentException("no CRL with a next update: " + e.getMessage(), e);
        }
    }

    private static Instant time(DerReader content) throws MalformedException {
        return content.nextIs(BERTags.UTC_TIME)
                ? Der.readTime(content.content(BERTags.UTC_TIME))
                : Der.readTime(content.content(BERTags.GENERALIZED_TIME));
    }
}
