package io.mtls.ca.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a command uses of the world besides its arguments and files; a test brings its own. */
record Surroundings(
        PrintWriter out,
        PrintWriter err,
        InstantSource clock,
        Map<String, String> environment,
        Path workingDirectory,
        @Nullable SecretPrompt console) {

    @SuppressWarnings("SystemConsoleNull") // the console of java.base is null where nobody sits, unlike another's
    static Surroundings ofProcess(PrintWriter out, PrintWriter err) {
        System.setProperty("jdk.console", "java.base");
        Console console = System.console();
        SecretPrompt prompt = console == null ? null : question -> orNothing(console.readPassword("%s: ", question));
        return new Surroundings(out, err, InstantSource.system(), System.getenv(), Path.of(""), prompt);
    }

    /** The end of the input is as good as an empty line. */
    private static char[] orNothing(char @Nullable [] answer) {
        return answer == null ? new char[0] : answer;
    }

    /** The same path as the user wrote it, found from where the user is. */
    Path path(String written) {
        try {
            return workingDirectory.resolve(written);
        } catch (InvalidPathException e) {
            throw new Refusal(
                    "\"" + written + "\" cannot name a file here",
                    "if it has other letters than ASCII set LC_ALL to a locale with UTF-8",
                    e);
        }
    }

    /** Asks a person without showing the answer. */
    @FunctionalInterface
    interface SecretPrompt {
        char[] ask(String question);
    }
}
