package io.mtls.proxy;

/** A header is not what its dialect says. */
final class MalformedHeaderException extends Exception {

    private static final long serialVersionUID = 1;

    private final String detail;

    MalformedHeaderException(String detail) {
        super(detail, null, false, false); // Anybody can cause one; a stack trace would cost more than the reading.
        this.detail = detail;
    }

    /** What is wrong. Holds nothing of the header. */
    String detail() {
        return detail;
    }

    MalformedHeaderException in(String header) {
        return new MalformedHeaderException(header + ": " + detail);
    }
}
