package io.mtls.sample;

/**
 * Why something is done, for the audit trail.
 *
 * <p>That a handler wants it as JSON is also what keeps other web sites out: a browser presents the certificate whoever
 * started the request, as it does with cookies, but sends JSON elsewhere only after asking by CORS, and this API never
 * says yes. A handler that changes something and reads no JSON needs another defence.
 */
record Note(String text) {

    private static final int MAX_LENGTH = 200;

    Note {
        if (text == null || text.isBlank() || text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("text: expected 1 to " + MAX_LENGTH + " characters");
        }
    }
}
