package io.mtls.ca;

import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link CertificateAuthority} issues and publishes. In its directory this is {@code ca.properties}, which a person
 * may edit; certificates that were issued keep what they say.
 *
 * @param name begins the common names of roots and issuing CAs
 * @param url where {@link CaServer} can be reached, http or https, and what certificates say about it; null for
 *     certificates that say nothing of OCSP and CRLs
 * @param caKeyType the kind of key that roots and issuing CAs get
 * @param memberLifetime how long a client's or a server's certificate lives if nothing else is asked for
 * @param crlValidity from one CRL to the end of its validity; a new one is made at half of it, and when something is revoked
 * @param ocspValidity the same for an OCSP answer, which a verifier may keep for that long: a revocation takes up to this to
 *     reach it
 */
public record CaSettings(
        String name,
        @Nullable URI url,
        KeyType caKeyType,
        Duration memberLifetime,
        Duration crlValidity,
        Duration ocspValidity) {

    private static final Duration MEMBER_LIFETIME = Duration.ofDays(90);
    private static final Duration CRL_VALIDITY = Duration.ofDays(7);
    private static final Duration OCSP_VALIDITY = Duration.ofHours(1);

    /** No certificate can say a date after the year 9999, and no clock of ours should come near it. */
    private static final Duration MAX_DURATION = Duration.ofDays(36_525);

    private static final Pattern DAYS_HOURS_MINUTES = Pattern.compile("([1-9][0-9]{0,6})([dhm])");

    private static final String NAME = "name";
    private static final String URL = "url";
    private static final String CA_KEY_TYPE = "ca-key-type";
    private static final String MEMBER_LIFETIME_KEY = "member-lifetime";
    private static final String CRL_VALIDITY_KEY = "crl-validity";
    private static final String OCSP_VALIDITY_KEY = "ocsp-validity";
    private static final Set<String> KEYS =
            Set.of(NAME, URL, CA_KEY_TYPE, MEMBER_LIFETIME_KEY, CRL_VALIDITY_KEY, OCSP_VALIDITY_KEY);

    /** X.520's ub-common-name, less what we append. */
    private static final int MAX_NAME = 48;

    /** @throws IllegalArgumentException when a value cannot work */
    public CaSettings {
        if (name.isBlank() || name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "the name of a CA has 1 to " + MAX_NAME + " characters, none of them a control character");
        }
        if (url != null) {
            url = withoutTrailingSlash(url);
        }
        requireSensible(memberLifetime, MEMBER_LIFETIME_KEY);
        requireSensible(crlValidity, CRL_VALIDITY_KEY);
        requireSensible(ocspValidity, OCSP_VALIDITY_KEY);
    }

    private static URI withoutTrailingSlash(URI url) {
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        String text = url.toString();
        if (!http
                || url.getHost() == null
                || url.getUserInfo() != null
                || url.getQuery() != null
                || url.getFragment() != null
                || !text.equals(url.toASCIIString())) {
            throw new IllegalArgumentException(
                    "\"" + url + "\" is no address of a server such as http://pki.example.com");
        }
        return text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : url;
    }

    private static void requireSensible(Duration duration, String key) {
        if (duration.compareTo(Duration.ofMinutes(1)) < 0) {
            throw new IllegalArgumentException(key + " is shorter than a minute");
        }
        if (duration.compareTo(MAX_DURATION) > 0) {
            throw new IllegalArgumentException(key + " is longer than a hundred years");
        }
    }

    /** Members live 90 days, CRLs 7 days, OCSP answers an hour; nothing is published. */
    public static CaSettings named(String name) {
        return new CaSettings(name, null, KeyType.P256, MEMBER_LIFETIME, CRL_VALIDITY, OCSP_VALIDITY);
    }

    /** The same, with certificates that say where their status is published. */
    public CaSettings withUrl(URI url) {
        return new CaSettings(name, url, caKeyType, memberLifetime, crlValidity, ocspValidity);
    }

    /** The same with roots and issuing CAs of another kind of key. */
    public CaSettings withCaKeyType(KeyType keyType) {
        return new CaSettings(name, url, keyType, memberLifetime, crlValidity, ocspValidity);
    }

    /** The same with another lifetime of members. */
    public CaSettings withMemberLifetime(Duration lifetime) {
        return new CaSettings(name, url, caKeyType, lifetime, crlValidity, ocspValidity);
    }

    /** The same with other validities of CRLs and OCSP answers. */
    public CaSettings withValidity(Duration crl, Duration ocsp) {
        return new CaSettings(name, url, caKeyType, memberLifetime, crl, ocsp);
    }

    String toProperties() {
        return """
                # How this certificate authority issues and publishes. Edits hold from the next start on; what was issued stays.
                """
                + line(NAME, name)
                + (url == null ? "" : line(URL, url.toString()))
                + line(CA_KEY_TYPE, caKeyType.name())
                + line(MEMBER_LIFETIME_KEY, text(memberLifetime))
                + line(CRL_VALIDITY_KEY, text(crlValidity))
                + line(OCSP_VALIDITY_KEY, text(ocspValidity));
    }

    /** A backslash begins an escape; the other two begin a comment only at the start of a line. */
    private static String line(String key, String value) {
        return key + " = " + value.replace("\\", "\\\\") + "\n";
    }

    /** @throws IllegalArgumentException saying what is wrong with it */
    static CaSettings parse(String text) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("\"" + key + "\" is none of " + new TreeSet<>(KEYS));
            }
        }
        String name = properties.getProperty(NAME);
        if (name == null) {
            throw new IllegalArgumentException("there is no " + NAME);
        }
        String url = properties.getProperty(URL);
        return new CaSettings(
                name,
                url == null || url.isBlank() ? null : URI.create(url.strip()),
                keyType(properties.getProperty(CA_KEY_TYPE, KeyType.P256.name()).strip()),
                duration(properties, MEMBER_LIFETIME_KEY, MEMBER_LIFETIME),
                duration(properties, CRL_VALIDITY_KEY, CRL_VALIDITY),
                duration(properties, OCSP_VALIDITY_KEY, OCSP_VALIDITY));
    }

    private static KeyType keyType(String text) {
        try {
            return KeyType.valueOf(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    CA_KEY_TYPE + " is \"" + text + "\", which is none of " + List.of(KeyType.values()), e);
        }
    }

    private static Duration duration(Properties properties, String key, Duration otherwise) {
        String text = properties.getProperty(key);
        try {
            return text == null ? otherwise : duration(text.strip());
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    key + " is \"" + text + "\", which is no duration such as 90d, 12h or 30m", e);
        }
    }

    /** As the command line has it; what ISO 8601 has is taken too. */
    private static Duration duration(String text) {
        Matcher matcher = DAYS_HOURS_MINUTES.matcher(text);
        if (!matcher.matches()) {
            return Duration.parse(text);
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "d" -> Duration.ofDays(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofMinutes(number);
        };
    }

    private static String text(Duration duration) {
        if (duration.equals(Duration.ofDays(duration.toDays()))) {
            return duration.toDays() + "d";
        }
        if (duration.equals(Duration.ofHours(duration.toHours()))) {
            return duration.toHours() + "h";
        }
        return duration.equals(Duration.ofMinutes(duration.toMinutes()))
                ? duration.toMinutes() + "m"
                : duration.toString();
    }
}
