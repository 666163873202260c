package io.mtls.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A CA of the {@code openssl} command line, {@code openssl ca}, and its responder, {@code openssl ocsp}. */
final class OpenSslCa implements RevokingCa {

    private static final int PATIENCE_SECONDS = 30;
    private static final Pattern LISTENING = Pattern.compile("ACCEPT .*:([0-9]+)(?: .*)?");

    /** The addresses follow once the responder has a port. */
    private static final String CONFIGURATION = """
            [ca]
            default_ca = issuing

            [issuing]
            database = index.txt
            serial = serial
            crlnumber = crlnumber
            new_certs_dir = .
            certificate = issuing.crt
            private_key = issuing.key
            default_md = sha256
            default_days = 30
            default_crl_days = 7
            policy = subject

            [subject]
            commonName = supplied

            [req]
            distinguished_name = name

            [name]

            [root_extensions]
            basicConstraints = critical, CA:true
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash

            [issuing_extensions]
            basicConstraints = critical, CA:true, pathlen:0
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            authorityKeyIdentifier = keyid

            [responder_extensions]
            basicConstraints = critical, CA:false
            keyUsage = critical, digitalSignature
            extendedKeyUsage = OCSPSigning
            noCheck = ignored
            authorityKeyIdentifier = keyid

            [client_extensions]
            basicConstraints = critical, CA:false
            keyUsage = critical, digitalSignature
            extendedKeyUsage = clientAuth
            authorityKeyIdentifier = keyid
            """;

    private final Path directory;
    private final String name;
    private final List<X509Certificate> authorities;
    private final Process responder;
    private final String address;

    /** @param directory empty */
    OpenSslCa(Path directory, String name) throws IOException {
        this.directory = directory;
        this.name = name;
        Path configuration = Files.writeString(directory.resolve("openssl.cnf"), CONFIGURATION);
        Files.writeString(directory.resolve("index.txt"), "");
        Files.writeString(directory.resolve("serial"), "1000");
        Files.writeString(directory.resolve("crlnumber"), "01");
        request("root", name + " Root", "-x509", "-days", "30", "-extensions", "root_extensions");
        request("issuing", name + " Issuing CA");
        openssl("x509 -req -in issuing.pem -CA root.pem -CAkey root.key -days 30 -extfile openssl.cnf"
                + " -extensions issuing_extensions -out issuing.crt");
        openssl("ca -config openssl.cnf -gencrl -cert root.pem -keyfile root.key -out root.crl");
        request("responder", name + " Responder");
        sign("responder", "responder_extensions");
        authorities = List.of(certificate("issuing.crt"), certificate("root.pem"));
        responder = program("ocsp -index index.txt -port 0 -CA issuing.crt -rsigner responder.crt -rkey responder.key"
                        + " -ndays 1")
                .start();
        try {
            address = "http://127.0.0.1:" + awaitPort();
            Files.writeString(
                    configuration,
                    CONFIGURATION + "authorityInfoAccess = OCSP;URI:" + address + "\ncrlDistributionPoints = URI:"
                            + address + "/issuing.crl\n");
        } catch (IOException | RuntimeException e) {
            responder.destroy();
            throw e;
        }
    }

    static boolean isInstalled() {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(each -> Files.isExecutable(Path.of(each, "openssl")));
    }

    @Override
    public X509Certificate root() {
        return authorities.get(1);
    }

    @Override
    public Holder issue(String holder) throws IOException {
        request(holder, holder);
        sign(holder, "client_extensions");
        makeResponderLookAtIndex();
        X509Certificate certificate = certificate(holder + ".crt");
        PrivateKey key = key(holder + ".key");
        List<X509Certificate> chain = List.of(certificate, authorities.get(0));
        return new Holder(holder, certificate, trusted -> Pki.client(key, chain, trusted));
    }

    @Override
    public void revoke(Holder holder) throws IOException {
        openssl("ca -config openssl.cnf -revoke " + holder.name() + ".crt -crl_reason keyCompromise");
        makeResponderLookAtIndex();
    }

    /** It looks whether its index has changed after each answer, not before: the next one would be as old as the index. */
    private void makeResponderLookAtIndex() throws IOException {
        openssl("ocsp -url " + address + " -issuer issuing.crt -serial 1 -noverify -no_nonce");
    }

    @Override
    public Map<String, byte[]> lists() throws IOException {
        openssl("ca -config openssl.cnf -gencrl -out issuing.crl");
        return Map.of(
                "root.crl", Files.readAllBytes(directory.resolve("root.crl")),
                "issuing.crl", Files.readAllBytes(directory.resolve("issuing.crl")));
    }

    @Override
    public void close() {
        responder.destroy();
    }

    /** Makes a key as well. */
    private void request(String file, String commonName, String... options) throws IOException {
        List<String> words = new ArrayList<>(
                words("req -config openssl.cnf -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + file
                        + ".key -out " + file + ".pem -subj"));
        words.add("/CN=" + commonName);
        words.addAll(List.of(options));
        run(new ProcessBuilder(words));
    }

    private void sign(String file, String extensions) throws IOException {
        openssl("ca -config openssl.cnf -batch -notext -in " + file + ".pem -extensions " + extensions + " -out " + file
                + ".crt");
    }

    private void openssl(String arguments) throws IOException {
        run(program(arguments));
    }

    private ProcessBuilder program(String arguments) {
        return new ProcessBuilder(words(arguments))
                .directory(directory.toFile())
                .redirectErrorStream(true);
    }

    private static List<String> words(String arguments) {
        return List.of(("openssl " + arguments).split(" "));
    }

    private void run(ProcessBuilder program) throws IOException {
        Path output = directory.resolve("output.txt");
        Process process = program.directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(program.command() + " of " + name + ": " + Files.readString(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** It says so in its first lines, and a few bytes for each request after that, which the pipe holds. */
    private int awaitPort() throws IOException {
        BufferedReader said = responder.inputReader(UTF_8);
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            Matcher listening = LISTENING.matcher(line);
            if (listening.matches()) {
                return Integer.parseInt(listening.group(1));
            }
        }
        throw new IOException("The responder of " + name + " did not start");
    }

    private X509Certificate certificate(String file) throws IOException {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(directory.resolve(file))));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private PrivateKey key(String file) throws IOException {
        String pem = Files.readString(directory.resolve(file));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
        try {
            return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
