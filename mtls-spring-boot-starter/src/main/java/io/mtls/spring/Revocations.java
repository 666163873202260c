package io.mtls.spring;

import static io.mtls.spring.MtlsConfigurationException.checked;

import io.mtls.MtlsListener;
import io.mtls.revocation.CrlSource;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationSource;
import io.mtls.revocation.RevocationStatus.Why;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The sources of revocation data that the properties name, and a policy for each issuer. They live as long as the
 * application, whatever becomes of verifiers.
 */
final class Revocations implements AutoCloseable {

    private static final String OF_ALL = "mtls.revocation";

    private static final String SAY_WHICH =
            "Say how it is learned whether a certificate is revoked: mtls.revocation.sources=ocsp (the responders that"
                    + " certificates name), mtls.revocation.sources=crl (with mtls.revocation.crl.files, .directories,"
                    + " .urls, or the addresses that certificates name), or both in order. If revoked certificates are to be"
                    + " accepted, say that: mtls.revocation.allow-unchecked=true.";

    private final MtlsProperties properties;
    private final @Nullable RevocationPolicy ofUser;
    private final InstantSource clock;
    private final MtlsListener listener;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, RevocationPolicy> byProperty = new HashMap<>();

    /** @param ofUser a policy that replaces what the properties say for all issuers */
    Revocations(
            MtlsProperties properties, @Nullable RevocationPolicy ofUser, InstantSource clock, MtlsListener listener) {
        this.properties = properties;
        this.ofUser = ofUser;
        this.clock = clock;
        this.listener = listener;
    }

    /** For the issuer of this name; null where it is said that its certificates are not checked. */
    @Nullable
    RevocationPolicy of(Issuers.Kind kind, String issuer, MtlsProperties.@Nullable Revocation own) {
        if (own != null) {
            return policy(kind.property() + "." + issuer + ".revocation", own, kind, issuer);
        }
        if (ofUser == null) {
            return policy(OF_ALL, properties.revocation(), kind, issuer);
        }
        if (!properties.revocation().equals(MtlsProperties.Revocation.DEFAULTS)) {
            throw new MtlsConfigurationException(
                    "A bean of RevocationPolicy says how it is learned whether certificates are revoked, so that what stands"
                            + " below mtls.revocation is not in force.",
                    "Remove the bean, or remove mtls.revocation.");
        }
        return ofUser;
    }

    /**
     * For when every issuer says itself how it is learned: what nobody reads is not in force, and its mistakes are not
     * found.
     */
    void requireNothingForAll() {
        if (!properties.revocation().saysNothing()) {
            throw new MtlsConfigurationException(
                    "What stands below '" + OF_ALL
                            + "' is not in force, since every issuer has a revocation of its own.",
                    "Remove what stands below '" + OF_ALL + "' (except '" + OF_ALL + ".storage'), or"
                            + " 'mtls.issuers.<name>.revocation' of an issuer that is to follow it.");
        }
    }

    /** From the file that the properties name; else one that only code adds to. */
    DenyList denyList() {
        Path file = properties.denyList();
        return file == null
                ? DenyList.inMemory()
                : checked("mtls.deny-list", () -> DenyList.watching(file, listener.ofRevocation()));
    }

    private synchronized @Nullable RevocationPolicy policy(
            String property, MtlsProperties.Revocation revocation, Issuers.Kind kind, String issuer) {
        if (revocation.allowUnchecked()) {
            if (!revocation.sources().isEmpty()) {
                throw new MtlsConfigurationException(
                        "Both '" + property + ".sources' and '" + property + ".allow-unchecked' are set.",
                        "Keep one of them: the second accepts revoked certificates.");
            }
            return null;
        }
        if (revocation.sources().isEmpty()) {
            throw new MtlsConfigurationException(
                    "It is not said how it is learned whether a certificate of " + kind.describe(issuer)
                            + " is revoked.",
                    SAY_WHICH);
        }
        RevocationPolicy made = byProperty.get(property);
        if (made == null) {
            made = make(property, revocation, property.equals(OF_ALL) ? "" : kind.storage() + issuer);
            byProperty.put(property, made);
        }
        return made;
    }

    /** @param storageBelow the directory of the storage for these sources, since each belongs to one */
    private RevocationPolicy make(String property, MtlsProperties.Revocation revocation, String storageBelow) {
        Path ofAll = properties.revocation().storage();
        Path storage = ofAll == null ? null : ofAll.resolve(storageBelow);
        requireNoneInVain(property, revocation);
        List<RevocationSource> sources = new ArrayList<>();
        for (MtlsProperties.Source source : revocation.sources()) {
            sources.add(
                    switch (source) {
                        case OCSP -> ocsp(property + ".ocsp", revocation.ocsp(), storage);
                        case CRL -> crl(property + ".crl", revocation.crl(), storage);
                    });
        }
        RevocationPolicy.Builder policy = RevocationPolicy.builder(sources);
        checked(property + ".grace", () -> policy.grace(revocation.grace()));
        for (Why why : revocation.allowUnknown()) {
            policy.allowUnknown(why);
        }
        return revocation.allowUncheckedIssuers()
                ? policy.allowUncheckedIssuers().build()
                : policy.build();
    }

    private static void requireNoneInVain(String property, MtlsProperties.Revocation revocation) {
        requireNotInVain(
                property + ".ocsp",
                revocation.ocsp().equals(MtlsProperties.Ocsp.DEFAULTS)
                        || revocation.sources().contains(MtlsProperties.Source.OCSP));
        requireNotInVain(
                property + ".crl",
                revocation.crl().equals(MtlsProperties.Crl.DEFAULTS)
                        || revocation.sources().contains(MtlsProperties.Source.CRL));
        if (revocation.storage() != null && !property.equals(OF_ALL)) {
            throw new MtlsConfigurationException(
                    "The property '" + property + ".storage' is set, but there is one directory for all issuers.",
                    "Move it to 'mtls.revocation.storage'.");
        }
    }

    private static void requireNotInVain(String property, boolean fine) {
        if (!fine) {
            String source = property.substring(property.lastIndexOf('.') + 1);
            String sources = property.substring(0, property.lastIndexOf('.')) + ".sources";
            throw new MtlsConfigurationException(
                    "What stands below '" + property + "' has no effect, since '" + source + "' is not among '"
                            + sources + "'.",
                    "Add '" + source + "' to '" + sources + "', or remove what stands below '" + property + "'.");
        }
    }

    private OcspSource ocsp(String property, MtlsProperties.Ocsp ocsp, @Nullable Path storage) {
        return checked(property, () -> {
            OcspSource.Builder builder = OcspSource.builder()
                    .nonce(ocsp.nonce())
                    .deadline(ocsp.deadline())
                    .clock(clock)
                    .events(listener.ofRevocation());
            ocsp.responders().forEach(builder::responder);
            if (!ocsp.aia()) {
                builder.withoutAia();
            }
            if (storage != null) {
                builder.storage(storage.resolve("ocsp"));
            }
            OcspSource source = builder.build();
            open.push(source);
            return source;
        });
    }

    private CrlSource crl(String property, MtlsProperties.Crl crl, @Nullable Path storage) {
        return checked(property, () -> {
            CrlSource.Builder builder =
                    CrlSource.builder().deadline(crl.deadline()).clock(clock).events(listener.ofRevocation());
            crl.files().forEach(builder::file);
            crl.directories().forEach(builder::directory);
            crl.urls().forEach(builder::url);
            boolean named = !crl.files().isEmpty()
                    || !crl.directories().isEmpty()
                    || !crl.urls().isEmpty();
            Boolean distributionPoints = crl.distributionPoints();
            if (distributionPoints == null ? !named : distributionPoints) {
                builder.distributionPoints();
            }
            if (crl.maxSize() != null) {
                builder.maxBytes(crl.maxSize().toBytes());
            }
            if (storage != null) {
                builder.storage(storage.resolve("crl"));
            }
            CrlSource source = builder.build();
            open.push(source);
            return source;
        });
    }

    @Override
    public synchronized void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                LogFactory.getLog(Revocations.class).warn("A source of revocation data could not be closed", e);
            }
        }
    }
}
