package dev.instar.gateway;

import java.nio.file.Path;

/** Where the gateway's certificate and private key come from. */
public sealed interface TlsSource {
    /**
     * PEM files.
     *
     * @param certificates the certificate followed by its chain
     * @param key an unencrypted PKCS#8 private key, RSA or EC
     */
    record Pem(Path certificates, Path key) implements TlsSource {}

    /**
     * A PKCS#12 file with one private key.
     *
     * @param password of the file and of the key
     */
    record Pkcs12(Path file, String password) implements TlsSource {
        /** Without the password. */
        @Override
        public String toString() {
            return "Pkcs12[file=" + file + "]";
        }
    }

    /**
     * A self-signed certificate for {@code localhost} and this machine's name, made once and kept.
     *
     * @param directory where {@code gateway.p12} and its password are kept, readable by the owner only
     */
    record SelfSigned(Path directory) implements TlsSource {}
}
