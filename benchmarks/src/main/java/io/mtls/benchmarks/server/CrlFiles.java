package io.mtls.benchmarks.server;

import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationSource;
import io.mtls.revocation.RevocationStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** How the starter learns of revocation: from the lists in these files, which it is to watch. */
final class CrlFiles {

    /** True while the source below is none: figures of the CRL then say nothing, and the report says so. */
    static final boolean STAND_IN = true;

    private CrlFiles() {}

    /**
     * Hard fail, the whole path.
     *
     * @param files one list of each CA, DER
     */
    static RevocationPolicy policy(List<Path> files) {
        return RevocationPolicy.builder(source(files)).build();
    }

    /** The place of CrlSource: a builder of it, with each of the files. Until it is there all certificates are good. */
    @SuppressWarnings("unused")
    private static RevocationSource source(List<Path> files) {
        return (query, at) -> new RevocationStatus.Good(at.plus(Duration.ofHours(1)));
    }
}
