package io.mtls.contract;

import java.io.Closeable;
import java.io.IOException;

/** One connection of a client, over either {@link Protocol}. */
interface HttpConnection extends Closeable {

    /**
     * One request, without a body.
     *
     * @param headers each as {@code Name: value}
     */
    Answer send(String method, String path, String... headers) throws IOException;

    default Answer get(String path, String... headers) throws IOException {
        return send("GET", path, headers);
    }
}
