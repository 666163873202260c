package io.mtls.ca;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a {@link CertificateAuthority} cannot be used as it is: nothing was changed in it, and a person has to
 * decide. The message names the file, what is wrong with it, and what mends it.
 */
public final class CaDirectoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Path file;
    private final String mend;

    CaDirectoryException(Path file, String fault, String mend, @Nullable Throwable cause) {
        super(file + " " + fault + ": " + mend, cause);
        this.file = file;
        this.mend = mend;
    }

    /** The file or directory that is at fault. */
    public Path file() {
        return file;
    }

    /** What to do about it, as a phrase such as {@code chmod 600 ca/root.key}. */
    public String mend() {
        return mend;
    }
}
