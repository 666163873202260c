package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.IssuedCertificate.Kind;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which certificates a name or a number at the command line stands for. */
final class Selection {
    /** Hexadecimal as {@code list} prints it, or with colons as openssl does. */
    private static final Pattern SERIAL = Pattern.compile("(0[xX])?[0-9A-Fa-f]{1,2}(:?[0-9A-Fa-f]{1,2}){0,19}");

    /** Longer than any certificate lives. */
    private static final Duration FOREVER = Duration.ofDays(365 * 100);

    private final CertificateAuthority ca;
    private final Instant now;
    private final Set<String> revokedIssuers;

    Selection(MtlsCa app, CertificateAuthority ca) {
        this.ca = ca;
        this.now = app.surroundings().clock().instant();
        this.revokedIssuers = ca.list().stream()
                .filter(issued ->
                        issued.kind() == Kind.ISSUING && issued.revocation().isPresent())
                .map(IssuedCertificate::name)
                .collect(Collectors.toSet());
    }

    /** What the CA remembers of a certificate that it has just issued. */
    static IssuedCertificate record(CertificateAuthority ca, HeldCertificate held) {
        return ca.find(held.certificate().getSerialNumber()).orElseThrow();
    }

    /** The one with this serial number, or the unexpired ones of the member of this name. */
    List<IssuedCertificate> unexpired(String nameOrSerial) {
        List<IssuedCertificate> named = ca.named(nameOrSerial);
        if (named.isEmpty()) {
            return List.of(withSerial(nameOrSerial)
                    .orElseThrow(() -> new Refusal(
                            "there is neither a member nor a serial number \"" + nameOrSerial + "\"",
                            "mtls-ca list shows those there are")));
        }
        List<IssuedCertificate> unexpired =
                named.stream().filter(issued -> !isExpired(issued)).toList();
        if (unexpired.isEmpty()) {
            throw new Refusal(
                    "every certificate of \"" + nameOrSerial + "\" has expired",
                    "nothing is to be done: nobody accepts them");
        }
        return unexpired;
    }

    /** The issuing CA of this name. */
    Optional<IssuedCertificate> issuing(String name) {
        return ca.list().stream()
                .filter(issued -> issued.kind() == Kind.ISSUING && issued.name().equals(name))
                .findFirst();
    }

    private Optional<IssuedCertificate> withSerial(String text) {
        return SERIAL.matcher(text).matches()
                ? ca.find(new BigInteger(text.replaceFirst("^0[xX]", "").replace(":", ""), 16))
                : Optional.empty();
    }

    /** Of each member the valid certificate that ends last, if that is within this time: what was renewed is left out. */
    List<IssuedCertificate> endingWithin(Duration time) {
        Map<String, IssuedCertificate> last = new LinkedHashMap<>();
        for (IssuedCertificate issued : ca.list()) {
            if (issued.kind().isMember() && issued.isValidAt(now)) {
                last.merge(
                        issued.kind().text() + " " + issued.name(),
                        issued,
                        BinaryOperator.maxBy(Comparator.comparing(IssuedCertificate::notAfter)));
            }
        }
        return among(last.values(), time);
    }

    /** The same of those whose last third has begun, however long they live. */
    List<IssuedCertificate> due() {
        return endingWithin(FOREVER).stream()
                .filter(issued -> !now.plus(Duration.between(issued.notBefore(), issued.notAfter())
                                .dividedBy(3))
                        .isBefore(issued.notAfter()))
                .toList();
    }

    private List<IssuedCertificate> among(Collection<IssuedCertificate> members, Duration time) {
        return members.stream()
                .filter(issued -> !issued.notAfter().isAfter(now.plus(time)))
                .sorted(Comparator.comparing(IssuedCertificate::notAfter))
                .toList();
    }

    boolean isExpired(IssuedCertificate issued) {
        return now.isAfter(issued.notAfter());
    }

    long daysLeft(IssuedCertificate issued) {
        return Math.floorDiv(
                Duration.between(now, issued.notAfter()).toSeconds(),
                Duration.ofDays(1).toSeconds());
    }

    /** Whether the CA that signed it is revoked, and it with that. */
    boolean isOfRevokedIssuer(IssuedCertificate issued) {
        return issued.revocation().isEmpty()
                && issued.kind() != Kind.ROOT
                && revokedIssuers.contains(issued.authority());
    }

    /** Of its member the newest: the one whose files there are. */
    boolean isCurrent(IssuedCertificate issued) {
        List<IssuedCertificate> named = ca.named(issued.name());
        return !named.isEmpty() && named.get(named.size() - 1).serial().equals(issued.serial());
    }

    /** {@code valid}, {@code expired}, {@code revoked}, {@code hold} or {@code future}. */
    String status(IssuedCertificate issued) {
        if (isOfRevokedIssuer(issued)) {
            return "revoked";
        }
        if (issued.revocation().isPresent()) {
            return issued.isOnHold() ? "hold" : "revoked";
        }
        if (isExpired(issued)) {
            return "expired";
        }
        return issued.isValidAt(now) ? "valid" : "future";
    }
}
