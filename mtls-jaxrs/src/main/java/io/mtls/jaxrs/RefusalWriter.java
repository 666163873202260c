package io.mtls.jaxrs;

import io.mtls.HttpRefusal;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/**
 * Writes what a refused caller sees. As the one for exactly this class it comes before an application's writer of JSON, which
 * may take bytes for a list of numbers (Jakarta RESTful Web Services 4.0 section 4.2.2).
 */
@Produces(HttpRefusal.CONTENT_TYPE)
final class RefusalWriter implements MessageBodyWriter<HttpRefusal> {

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type == HttpRefusal.class;
    }

    @Override
    public void writeTo(
            HttpRefusal refusal,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out)
            throws IOException {
        byte[] body = refusal.body();
        if (!headers.containsKey(HttpHeaders.CONTENT_ENCODING)) { // Else what encodes it makes another length.
            headers.putSingle(HttpHeaders.CONTENT_LENGTH, body.length);
        }
        out.write(body);
    }
}
