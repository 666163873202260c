package io.mtls.ca;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What is in a CA's directory, by relative names. Directories end with a slash. */
record Snapshot(Map<String, byte[]> contents) {
    private static final byte[] NOTHING = {};

    static Snapshot of(Path directory) throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        for (Path path : below(directory)) {
            contents.put(name(directory, path), Files.isDirectory(path) ? NOTHING : Files.readAllBytes(path));
        }
        return new Snapshot(contents);
    }

    private static List<Path> below(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(path -> !path.equals(directory)).toList();
        }
    }

    private static String name(Path directory, Path path) {
        return directory.relativize(path).toString().replace('\\', '/') + (Files.isDirectory(path) ? "/" : "");
    }

    /** Makes the directory the same again, with permissions that a CA accepts. */
    void restore(Path directory) throws IOException {
        Map<String, byte[]> present = of(directory).contents();
        for (Path path :
                below(directory).stream().sorted(Comparator.reverseOrder()).toList()) {
            if (!contents.containsKey(name(directory, path))) {
                Files.delete(path);
            }
        }
        if (!Files.exists(directory)) {
            Files.createDirectories(directory);
        }
        ownerOnly(directory, true);
        for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
            Path path = directory.resolve(entry.getKey());
            boolean isDirectory = entry.getKey().endsWith("/");
            if (Arrays.equals(present.get(entry.getKey()), entry.getValue())) {
                continue;
            }
            if (isDirectory) {
                Files.createDirectory(path);
            } else {
                Files.write(path, entry.getValue());
            }
            ownerOnly(path, isDirectory);
        }
    }

    private static void ownerOnly(Path path, boolean isDirectory) throws IOException {
        if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(
                    path, PosixFilePermissions.fromString(isDirectory ? "rwx------" : "rw-------"));
        }
    }

    Set<String> files() {
        Set<String> files = new TreeSet<>(contents.keySet());
        files.removeIf(name -> name.endsWith("/") && !name.startsWith(".staged"));
        return files;
    }

    /** Of one byte per character, or nothing. */
    String text(String file) {
        return new String(contents.getOrDefault(file, NOTHING), StandardCharsets.ISO_8859_1);
    }

    Snapshot with(String file, byte[] content) {
        Map<String, byte[]> changed = new TreeMap<>(contents);
        changed.put(file, content);
        return new Snapshot(changed);
    }

    /** The names of what is not the same. */
    Set<String> differences(Snapshot other) {
        Set<String> names = new TreeSet<>(contents.keySet());
        names.addAll(other.contents.keySet());
        names.removeIf(name -> Arrays.equals(contents.get(name), other.contents.get(name)));
        return names;
    }
}
