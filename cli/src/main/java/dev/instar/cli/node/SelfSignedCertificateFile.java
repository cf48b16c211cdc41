package dev.instar.cli.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Collections;

/** Writes the public half of a self-signed certificate beside it, for clients to trust. */
final class SelfSignedCertificateFile {
    private static final String NAME = "gateway.pem";
    private static final int LINE = 64;

    private SelfSignedCertificateFile() {}

    /** @param directory that of {@link dev.instar.gateway.TlsSource.SelfSigned} */
    static void export(Path directory) throws IOException {
        String password =
                Files.readString(directory.resolve("gateway.p12.password")).strip();
        try (InputStream in = Files.newInputStream(directory.resolve("gateway.p12"))) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, password.toCharArray());
            StringBuilder pem = new StringBuilder();
            for (String alias : Collections.list(keys.aliases())) {
                pem.append(pem(keys.getCertificate(alias)));
            }
            Path draft = directory.resolve(NAME + ".new");
            Files.writeString(draft, pem);
            Files.move(draft, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot read the certificate in " + directory, e);
        }
    }

    private static String pem(Certificate certificate) throws GeneralSecurityException {
        String body = Base64.getMimeEncoder(LINE, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(certificate.getEncoded());
        return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
    }
}
