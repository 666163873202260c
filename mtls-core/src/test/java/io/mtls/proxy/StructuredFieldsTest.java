package io.mtls.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bouncycastle.util.encoders.Base32;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The test suite of the HTTP working group, as far as it is about byte sequences and their lists. */
class StructuredFieldsTest {

    private static final Path SUITE = Path.of(System.getProperty("mtls.vectors", "absent"), "structured-fields");
    private static final Pattern INTEGER = Pattern.compile("\\d+");

    @TestFactory
    Stream<DynamicTest> items_that_are_binary() throws Exception {
        return tests("binary.json", 15, test -> {
            assertThat(test.get("raw").size()).isEqualTo(1);
            String value = test.get("raw").get(0).asString();
            if (mustFail(test) || test.path("can_fail").asBoolean(false)) {
                // Where the reader may be lenient, we are not: what is not canonical is refused.
                assertThatThrownBy(() -> StructuredFields.byteSequence(value))
                        .isInstanceOf(MalformedHeaderException.class);
                return;
            }
            byte[] expected =
                    Base32.decode(test.get("expected").get(0).get("value").asString());
            assertThat(StructuredFields.byteSequence(value)).isEqualTo(expected);
            assertThat(StructuredFields.serialized(expected)).isEqualTo(value);
        });
    }

    /** The items of the suite are integers; their digits as bytes say the same of white space, commas and ends. */
    @TestFactory
    Stream<DynamicTest> items_with_byte_sequences_for_the_integers() throws Exception {
        return tests("item.json", 5, test -> {
            String value = withByteSequences(test.get("raw").get(0).asString());
            if (mustFail(test)) {
                assertThatThrownBy(() -> StructuredFields.byteSequence(value))
                        .isInstanceOf(MalformedHeaderException.class);
                return;
            }
            assertThat(StructuredFields.byteSequence(value))
                    .isEqualTo(bytes(test.get("expected").get(0).asString()));
        });
    }

    @TestFactory
    Stream<DynamicTest> lists_with_byte_sequences_for_the_integers() throws Exception {
        return tests("list.json", 11, test -> {
            List<String> lines = raw(test).stream()
                    .map(StructuredFieldsTest::withByteSequences)
                    .toList();
            if (mustFail(test)) {
                assertThatThrownBy(() -> StructuredFields.byteSequences(lines))
                        .isInstanceOf(MalformedHeaderException.class);
                return;
            }
            List<byte[]> expected = new ArrayList<>();
            test.get("expected")
                    .forEach(member -> expected.add(bytes(member.get(0).asString())));
            assertThat(StructuredFields.byteSequences(lines)).containsExactly(expected.toArray(new byte[0][]));
        });
    }

    @TestFactory
    Stream<DynamicTest> inner_lists_and_parameters_are_refused() throws Exception {
        return Stream.concat(
                tests("listlist.json", 12, StructuredFieldsTest::isRefused),
                tests("param-list.json", 20, StructuredFieldsTest::isRefused));
    }

    @Test
    void parameters_of_a_byte_sequence_are_refused() {
        assertThatThrownBy(() -> StructuredFields.byteSequence(":AAAA:;a=1"))
                .hasMessage("something behind the byte sequence");
        assertThatThrownBy(() -> StructuredFields.byteSequences(List.of(":AAAA:;a, :AAAA:")))
                .hasMessage("something other than a comma between byte sequences");
    }

    private static void isRefused(JsonNode test) {
        List<String> lines =
                raw(test).stream().map(StructuredFieldsTest::withByteSequences).toList();
        assertThatThrownBy(() -> StructuredFields.byteSequences(lines)).isInstanceOf(MalformedHeaderException.class);
    }

    private static Stream<DynamicTest> tests(String file, int count, Check check) throws Exception {
        assumeTrue(Files.isReadable(SUITE.resolve(file)), () -> "the vectors are not here: " + SUITE);
        List<DynamicTest> tests = new ArrayList<>();
        new ObjectMapper()
                .readTree(Files.readAllBytes(SUITE.resolve(file)))
                .forEach(test ->
                        tests.add(DynamicTest.dynamicTest(test.get("name").asString(), () -> check.of(test))));
        assertThat(tests).hasSize(count);
        return tests.stream();
    }

    private static List<String> raw(JsonNode test) {
        List<String> lines = new ArrayList<>();
        test.get("raw").forEach(line -> lines.add(line.asString()));
        return lines;
    }

    private static boolean mustFail(JsonNode test) {
        return test.path("must_fail").asBoolean(false);
    }

    private static String withByteSequences(String text) {
        return INTEGER.matcher(text)
                .replaceAll(digits -> ':' + Base64.getEncoder().encodeToString(bytes(digits.group())) + ':');
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private interface Check {
        void of(JsonNode test) throws Exception;
    }
}
