package io.mtls.ca;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a {@link CertificateAuthority} keeps in its directory, and in which order.
 *
 * <p>A file is never half written, but a CA and its members are several files each. A new CA is guarded by {@link
 * #INCOMPLETE}, a member by its {@code .crt}, which goes first and comes last.
 */
final class CaDirectory {
    static final String SERVER = "server/";
    static final String CLIENTS = "clients/";

    private static final String ROOT = "root";
    private static final String ISSUING = "issuing";
    private static final String CRT = ".crt";
    private static final String KEY = ".key";
    private static final String P12 = ".p12";
    private static final List<String> CA_FILES = List.of(ROOT + KEY, ROOT + CRT, ISSUING + KEY, ISSUING + CRT);

    /** There while a CA is being made. Left behind it says that the making was cut short and nobody has seen that CA. */
    private static final String INCOMPLETE = ".incomplete";

    private final OwnerDirectory files;

    private CaDirectory(OwnerDirectory files) {
        this.files = files;
    }

    static CaDirectory open(Path directory) {
        return new CaDirectory(OwnerDirectory.open(directory, List.of(SERVER, CLIENTS), Set.of(KEY, P12)));
    }

    /** Everything else here is to be called within this. */
    <T> T locked(Supplier<T> action) {
        return files.locked(action);
    }

    /** Whether a CA is to be made here; what is left of an attempt that was cut short is taken away. */
    boolean isWithoutCa() {
        if (files.exists(INCOMPLETE)) {
            CA_FILES.forEach(files::delete);
        }
        return CA_FILES.stream().noneMatch(files::exists);
    }

    void create(HeldCertificate root, HeldCertificate issuing) {
        files.write(INCOMPLETE, "A certificate authority is being made here.\n");
        write(ROOT, root);
        write(ISSUING, issuing);
        files.delete(INCOMPLETE);
    }

    HeldCertificate root(InstantSource clock) {
        X509Certificate certificate = ca(ROOT, clock.instant());
        refuseUnlessSignedByRoot(ROOT, certificate, certificate);
        return HeldCertificate.selfSigned(certificate, keyPair(ROOT, certificate, mendCa()), clock);
    }

    HeldCertificate issuing(HeldCertificate root) {
        X509Certificate certificate = ca(ISSUING, root.clock().instant());
        refuseUnlessSignedByRoot(ISSUING, certificate, root.certificate());
        return HeldCertificate.issued(certificate, keyPair(ISSUING, certificate, mendCa()), root, root.clock());
    }

    private X509Certificate ca(String entry, Instant now) {
        X509Certificate certificate = certificate(entry, mendCa());
        if (certificate.getBasicConstraints() < 0) {
            throw files.fault(entry + CRT, "is not the certificate of a CA", mendCa(), null);
        }
        Instant end = certificate.getNotAfter().toInstant();
        if (now.isAfter(end)) {
            throw files.fault(entry + CRT, "expired at " + end, mendCa(), null);
        }
        return certificate;
    }

    private void refuseUnlessSignedByRoot(String entry, X509Certificate certificate, X509Certificate root) {
        try {
            certificate.verify(root.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw files.fault(entry + CRT, "was not signed with the key of " + ROOT + CRT, mendCa(), e);
        }
    }

    private String mendCa() {
        return "restore the CA from a backup, or delete " + files.path("")
                + " to begin a new CA, which everybody has to be told to trust";
    }

    /** The stored member if it is complete and usable, else the issued one, which is stored. */
    HeldCertificate member(
            String entry, HeldCertificate issuer, Predicate<HeldCertificate> usable, Supplier<HeldCertificate> issue) {
        if (filesOf(entry).allMatch(files::exists)) {
            HeldCertificate stored = stored(entry, issuer);
            if (usable.test(stored)) {
                return stored;
            }
        }
        HeldCertificate issued = issue.get();
        files.delete(entry + CRT);
        write(entry, issued);
        return issued;
    }

    private HeldCertificate stored(String entry, HeldCertificate issuer) {
        String mend = "delete it to have a new one issued";
        X509Certificate certificate = certificate(entry, mend);
        return HeldCertificate.issued(certificate, keyPair(entry, certificate, mend), issuer, issuer.clock());
    }

    private static Stream<String> filesOf(String entry) {
        return isClient(entry) ? Stream.of(entry + KEY, entry + P12, entry + CRT) : Stream.of(entry + KEY, entry + CRT);
    }

    private static boolean isClient(String entry) {
        return entry.startsWith(CLIENTS);
    }

    private void write(String entry, HeldCertificate held) {
        files.writeSecret(entry + KEY, held.privateKeyPem());
        if (isClient(entry)) {
            files.writeSecret(entry + P12, held.pkcs12(CertificateAuthority.PKCS12_PASSWORD.toCharArray()));
        }
        files.write(entry + CRT, held.chainPem());
    }

    private X509Certificate certificate(String entry, String mend) {
        try {
            return Pem.firstCertificate(files.read(entry + CRT, mend));
        } catch (GeneralSecurityException e) {
            throw files.fault(entry + CRT, "holds no certificate", mend, e);
        }
    }

    private KeyPair keyPair(String entry, X509Certificate certificate, String mend) {
        try {
            String pem = files.read(entry + KEY, mend);
            KeyPair pair = new KeyPair(certificate.getPublicKey(), Pem.privateKey(pem, certificate.getPublicKey()));
            if (Signing.belongTogether(pair)) {
                return pair;
            }
        } catch (GeneralSecurityException e) {
            throw files.fault(entry + KEY, "holds no private key for " + entry + CRT, mend, e);
        }
        throw files.fault(entry + KEY, "is not the key of " + entry + CRT, mend, null);
    }
}
