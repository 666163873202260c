package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A list of a million entries is worth 20 MB: what is replaced has to go. */
class CrlMemoryTest {

    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));
    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Root").clock(CLOCK).build();
    private static final HeldCertificate ALICE =
            ROOT.issueClient("CN=alice").clock(CLOCK).build();

    @TempDir
    Path directory;

    @Test
    @Timeout(60)
    void a_caller_who_does_not_come_back_keeps_no_replaced_list_in_memory() throws Exception {
        CrlLists lists = new CrlLists(CLOCK, Set.of());
        RevocationQuery query = new RevocationQuery(ALICE.certificate(), ROOT.certificate());
        WeakReference<CrlIndex> replaced = new WeakReference<>(load(lists, query, 1));
        CrlAnswer remembered = CrlAnswer.of(query, lists.lookup(query), lists.snapshot());
        assertThat(remembered.hasParts()).isTrue();

        load(lists, query, 2);
        while (replaced.get() != null) {
            System.gc();
        }

        assertThat(remembered.isOf(lists.snapshot(), lists.lookup(query).signers()))
                .isFalse();
    }

    private CrlIndex load(CrlLists lists, RevocationQuery query, long number) throws Exception {
        Path path = directory.resolve(number + ".crl");
        Files.write(path, CrlBuilder.issuedBy(ROOT).clock(CLOCK).number(number).der());
        CrlFile file = CrlFile.open(path);
        return lists.load(file, CrlHead.of(file), query).orElseThrow().index();
    }
}
