package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.SettableClock;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
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
        return load(lists, "a place", CrlBuilder.issuedBy(ROOT).number(number), query)
                .index();
    }

    private Crl load(CrlLists lists, Object place, CrlBuilder list, RevocationQuery query) throws Exception {
        CrlFile file = CrlFile.open(
                Files.write(directory.resolve("list.crl"), list.clock(CLOCK).der()));
        return lists.load(place, file, CrlHead.of(file), query).orElseThrow();
    }

    @Test
    void a_list_that_no_place_gives_any_more_goes_thirty_days_after_its_end_and_the_last_of_a_place_stays()
            throws Exception {
        SettableClock clock = new SettableClock(CLOCK.instant());
        CrlLists lists = new CrlLists(clock, Set.of());
        Instant end = CLOCK.instant().plus(Duration.ofDays(1));
        Crl ofOldKey = load(lists, "one", CrlBuilder.issuedBy(ROOT).nextUpdate(end), ofRoot());
        HeldCertificate newKey = HeldCertificate.root("CN=Root").clock(CLOCK).build();
        Crl ofNewKey = load(
                lists,
                "one",
                CrlBuilder.issuedBy(newKey).nextUpdate(end),
                new RevocationQuery(ALICE.certificate(), newKey.certificate()));
        Crl delta = load(lists, "gone", CrlBuilder.issuedBy(ROOT).delta(1).nextUpdate(end), ofRoot());
        lists.left("gone");
        assertThat(inMemory(lists)).containsExactlyInAnyOrder(ofOldKey, ofNewKey, delta);

        clock.set(end.plus(CrlLists.KEPT_AFTER_EXPIRY));
        Crl another = load(lists, "two", CrlBuilder.issuedBy(ROOT).onlyUserCertificates(), ofRoot());
        assertThat(inMemory(lists)).containsExactlyInAnyOrder(ofOldKey, ofNewKey, delta, another);

        clock.advance(Duration.ofSeconds(1));
        lists.left("two");
        assertThat(inMemory(lists)).containsExactlyInAnyOrder(ofNewKey, another);
    }

    @Test
    void of_lists_that_no_place_gives_any_more_a_bounded_number_is_kept_those_that_end_last() throws Exception {
        CrlLists lists = new CrlLists(CLOCK, Set.of(), 3);
        List<Crl> loaded = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            loaded.add(load(
                    lists,
                    "a place",
                    CrlBuilder.issuedBy(ROOT)
                            .distributionPoint("http://localhost/" + i)
                            .nextUpdate(CLOCK.instant().plus(Duration.ofDays(10 - i))),
                    ofRoot()));
        }

        assertThat(inMemory(lists))
                .containsExactlyInAnyOrder(loaded.get(0), loaded.get(1), loaded.get(2), loaded.get(5));
    }

    private static RevocationQuery ofRoot() {
        return new RevocationQuery(ALICE.certificate(), ROOT.certificate());
    }

    private static List<Crl> inMemory(CrlLists lists) {
        return lists.snapshot().byIssuer().values().stream()
                .flatMap(List::stream)
                .toList();
    }
}
