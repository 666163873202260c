package io.mtls.ca;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is to be stored as one: files, and lines that the index is to end with. */
final class Change {
    private final Map<String, Content> files = new LinkedHashMap<>();
    private final StringBuilder lines = new StringBuilder();

    Change write(String name, String content) {
        return write(name, content.getBytes(StandardCharsets.UTF_8));
    }

    Change write(String name, byte[] content) {
        files.put(name, new Content(content, false));
        return this;
    }

    Change writeSecret(String name, String content) {
        return writeSecret(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Readable by the owner only. */
    Change writeSecret(String name, byte[] content) {
        files.put(name, new Content(content, true));
        return this;
    }

    /** Whole lines of the index, each with its end. */
    Change append(String lines) {
        this.lines.append(lines);
        return this;
    }

    Map<String, Content> files() {
        return files;
    }

    byte[] lines() {
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    static final class Content {
        private final byte[] bytes;
        private final boolean secret;

        private Content(byte[] bytes, boolean secret) {
            this.bytes = bytes;
            this.secret = secret;
        }

        byte[] bytes() {
            return bytes;
        }

        boolean secret() {
            return secret;
        }
    }
}
