package io.mtls.ca.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Passphrases and passwords: from a file, the environment or a person, and never from an argument, which others see. */
final class Secrets {
    /** NIST SP 800-63B section 5.1.1.2. */
    private static final int LEAST_LENGTH = 8;

    static final String PASSPHRASE_VARIABLE = "MTLS_CA_PASSPHRASE";

    /** Far beyond what anybody types; a file that is larger is another one. */
    private static final int MAX_BYTES = 1024;

    /** Editors of Windows begin a file with it, and nobody types it. */
    private static final String BYTE_ORDER_MARK = "\ufeff";

    /** 20 characters of 31: 99 bits, too many to guess even of the old PKCS #12. None of them is taken for another. */
    private static final int PASSWORD_LENGTH = 20;

    private static final String ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Surroundings surroundings;

    Secrets(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** A passphrase that is to be set: what is typed is typed twice. */
    char[] newPassphrase(String of, @Nullable String file, String options) {
        char[] given = given(file);
        if (given != null) {
            return longEnough(of, usable(of, given));
        }
        Surroundings.SecretPrompt console = surroundings.console();
        if (console == null) {
            throw new Refusal(
                    "there is no console to ask for the passphrase of " + of,
                    "use " + options + ", or set " + PASSPHRASE_VARIABLE);
        }
        char[] first = console.ask("Passphrase for " + of);
        if (first.length == 0) {
            throw new Refusal("the passphrase is empty", "type one, or use --no-passphrase if there is to be none");
        }
        if (!Arrays.equals(first, console.ask("The same again"))) {
            throw new Refusal("the two passphrases differ", "try again");
        }
        return longEnough(of, usable(of, first));
    }

    private static char[] longEnough(String of, char[] passphrase) {
        if (passphrase.length < LEAST_LENGTH) {
            throw new Refusal(
                    "the passphrase of " + of + " is shorter than " + LEAST_LENGTH + " characters",
                    "choose another, such as four words");
        }
        return passphrase;
    }

    /** What Java could not decode is one and the same character, whatever it was. */
    private static char[] usable(String of, char[] passphrase) {
        String text = new String(passphrase);
        if (text.isBlank()) {
            throw new Refusal("the passphrase of " + of + " is nothing but spaces", "choose another");
        }
        if (text.contains("\ufffd")) {
            throw new Refusal(
                    "the passphrase of " + of + " has characters that are unknown in this locale",
                    "set LC_ALL to one with UTF-8");
        }
        return passphrase;
    }

    /** The passphrase of what is there already; null when nobody can tell it, or there is none. */
    char @Nullable [] passphrase(String of, @Nullable String file) {
        char[] given = given(file);
        Surroundings.SecretPrompt console = surroundings.console();
        if (given != null || console == null) {
            return given;
        }
        char[] typed = console.ask("Passphrase of " + of + " (empty if it has none)");
        return typed.length == 0 ? null : typed;
    }

    private char @Nullable [] given(@Nullable String file) {
        if (file != null) {
            return inFile(file);
        }
        String variable = surroundings.environment().get(PASSPHRASE_VARIABLE);
        return variable == null || variable.isEmpty() ? null : variable.toCharArray();
    }

    /** The first line of the file. */
    char[] inFile(String written) {
        Path file = surroundings.path(written);
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw new Refusal(file + " cannot be read", "name a file with the secret in its first line", e);
        }
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            String line = text.toString().lines().findFirst().orElse("");
            String secret = line.startsWith(BYTE_ORDER_MARK) ? line.substring(1) : line;
            if (!secret.isBlank() && bytes.length <= MAX_BYTES) {
                return secret.toCharArray();
            }
        } catch (CharacterCodingException e) {
            // is said below
        }
        throw new Refusal(
                file + " holds no secret",
                "write it into the first line, in UTF-8 and at most " + MAX_BYTES + " bytes");
    }

    static char[] generatedPassword() {
        char[] password = new char[PASSWORD_LENGTH];
        for (int i = 0; i < password.length; i++) {
            password[i] = ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length()));
        }
        return password;
    }
}
