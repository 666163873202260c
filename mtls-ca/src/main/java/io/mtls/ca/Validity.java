package io.mtls.ca;

import java.time.Instant;

/** Both instants are within the validity, RFC 5280 section 4.1.2.5. A wrong order is not refused: it is a fault to test. */
record Validity(Instant notBefore, Instant notAfter) {}
