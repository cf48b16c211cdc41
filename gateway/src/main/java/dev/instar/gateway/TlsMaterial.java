package dev.instar.gateway;

import io.helidon.common.tls.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private key with its certificates, leaf first.
 *
 * @param certificates the leaf's fingerprint is what clients may pin
 */
record TlsMaterial(PrivateKey key, List<X509Certificate> certificates) {
    private static final Logger LOG = LoggerFactory.getLogger(TlsMaterial.class);
    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";

    /**
     * Loads or makes the material and logs its fingerprint.
     *
     * @throws UncheckedIOException if a file cannot be read or written
     * @throws IllegalArgumentException if a file does not hold what it should
     */
    static Tls load(TlsSource source) {
        TlsMaterial material;
        try {
            material = switch (source) {
                case TlsSource.Pem pem -> fromPem(pem);
                case TlsSource.Pkcs12 store -> fromPkcs12(store.file(), store.password());
                case TlsSource.SelfSigned own -> {
                    SelfSignedCertificate made = SelfSignedCertificate.in(own.directory());
                    yield fromPkcs12(made.file(), made.password());
                }
            };
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the TLS files: " + e.getMessage(), e);
        }
        LOG.info("TLS certificate SHA-256 fingerprint {}", material.fingerprint());
        return Tls.builder()
                .privateKey(material.key())
                .privateKeyCertChain(material.certificates())
                .enabledProtocols(List.of("TLSv1.3", "TLSv1.2"))
                .build();
    }

    private static TlsMaterial fromPem(TlsSource.Pem pem) throws IOException {
        List<X509Certificate> chain = new ArrayList<>();
        try (InputStream in = Files.newInputStream(pem.certificates())) {
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                chain.add((X509Certificate) each);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(pem.certificates() + " does not hold PEM certificates", e);
        }
        if (chain.isEmpty()) {
            throw new IllegalArgumentException(pem.certificates() + " holds no certificate");
        }
        return new TlsMaterial(readKey(pem.key()), List.copyOf(chain));
    }

    private static PrivateKey readKey(Path file) throws IOException {
        String text = Files.readString(file);
        int begin = text.indexOf(KEY_BEGIN);
        int end = text.indexOf(KEY_END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException(file + " holds no unencrypted PKCS#8 key; convert it with: openssl pkcs8"
                    + " -topk8 -nocrypt -in KEY -out " + file.getFileName());
        }
        byte[] encoded = Base64.getMimeDecoder().decode(text.substring(begin + KEY_BEGIN.length(), end));
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (InvalidKeySpecException _) {
                // of another algorithm
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("the Java runtime lacks " + algorithm + " keys", e);
            }
        }
        throw new IllegalArgumentException(file + " holds a key that is neither RSA nor EC nor EdDSA");
    }

    private static TlsMaterial fromPkcs12(Path file, String password) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password.toCharArray());
            for (String alias : Collections.list(store.aliases())) {
                if (store.getKey(alias, password.toCharArray()) instanceof PrivateKey key) {
                    List<X509Certificate> chain = new ArrayList<>();
                    for (Certificate each : store.getCertificateChain(alias)) {
                        chain.add((X509Certificate) each);
                    }
                    return new TlsMaterial(key, List.copyOf(chain));
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(file + " is not a PKCS#12 file with this password", e);
        }
        throw new IllegalArgumentException(file + " holds no private key");
    }

    /** SHA-256 of the leaf certificate, as {@code openssl x509 -fingerprint} writes it. */
    String fingerprint() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(certificates.getFirst().getEncoded());
            return HexFormat.ofDelimiter(":").withUpperCase().formatHex(digest);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encode the certificate", e);
        }
    }
}
