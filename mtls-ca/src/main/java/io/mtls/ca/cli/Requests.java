package io.mtls.ca.cli;

import io.mtls.ca.CertificationRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Certification requests in files. */
final class Requests {
    /** What is larger the library refuses anyway; a device without an end is not read to its end. */
    private static final int MAX_BYTES = 1024 * 1024;

    private Requests() {}

    static CertificationRequest read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificationRequest.parse(in.readNBytes(MAX_BYTES));
        } catch (IOException e) {
            throw new Refusal(file + " cannot be read", "name the file of a certification request with --csr", e);
        }
    }
}
