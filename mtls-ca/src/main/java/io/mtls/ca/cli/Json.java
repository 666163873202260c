package io.mtls.ca.cli;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Just enough of RFC 8259 to be read: objects of strings, numbers and null, one in a line. All of it is ASCII. */
final class Json {
    private Json() {}

    static String array(List<Map<String, @Nullable Object>> objects) {
        StringBuilder json = new StringBuilder("[");
        String separator = "\n  ";
        for (Map<String, @Nullable Object> object : objects) {
            json.append(separator);
            append(json, object);
            separator = ",\n  ";
        }
        return json.append(objects.isEmpty() ? "]" : "\n]").toString();
    }

    private static void append(StringBuilder json, Map<String, @Nullable Object> object) {
        json.append('{');
        Iterator<Map.Entry<String, @Nullable Object>> entries =
                object.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, @Nullable Object> entry = entries.next();
            append(json, entry.getKey());
            json.append(": ");
            Object value = entry.getValue();
            if (value == null || value instanceof Number || value instanceof Boolean) {
                json.append(value);
            } else {
                append(json, value.toString());
            }
            json.append(entries.hasNext() ? ", " : "");
        }
        json.append('}');
    }

    private static void append(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                json.append(c);
            } else {
                json.append(String.format("\\u%04x", (int) c));
            }
        }
        json.append('"');
    }
}
