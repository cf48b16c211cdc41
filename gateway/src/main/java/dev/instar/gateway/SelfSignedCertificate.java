package dev.instar.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A certificate made by the Java runtime's {@code keytool}, and kept for the next start. */
record SelfSignedCertificate(Path file, String password) {
    private static final int DAYS = 825;
    private static final int KEYTOOL_SECONDS = 60;

    /** @throws IOException if it cannot be made or read */
    static SelfSignedCertificate in(Path directory) throws IOException {
        Path file = directory.resolve("gateway.p12");
        Path passwordFile = directory.resolve("gateway.p12.password");
        if (!Files.exists(file)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            make(file, passwordFile);
        }
        return new SelfSignedCertificate(file, Files.readString(passwordFile).strip());
    }

    private static void make(Path file, Path passwordFile) throws IOException {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = HexFormat.of().formatHex(random);
        Files.deleteIfExists(passwordFile);
        Files.createFile(passwordFile, PosixFilePermissions.asFileAttribute(ownerOnly()));
        Files.writeString(passwordFile, password + "\n", StandardOpenOption.WRITE);
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        keytool(unfinished, passwordFile);
        Files.setPosixFilePermissions(unfinished, ownerOnly());
        // the finished name means a whole file, also after a crash
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Set<PosixFilePermission> ownerOnly() {
        return PosixFilePermissions.fromString("rw-------");
    }

    private static void keytool(Path file, Path passwordFile) throws IOException {
        Path tool = Path.of(System.getProperty("java.home", ""), "bin", "keytool");
        String host = hostName();
        // the password goes by file: arguments are visible to every process
        List<String> command = List.of(
                tool.toString(),
                "-genkeypair",
                "-alias",
                "gateway",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                Integer.toString(DAYS),
                "-dname",
                "CN=" + host + ", O=instar",
                "-ext",
                "SAN=dns:localhost,ip:127.0.0.1,ip:::1" + (host.equals("localhost") ? "" : ",dns:" + host),
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass:file",
                passwordFile.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("keytool cannot make a certificate: " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while keytool was making a certificate", e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** The machine's name if it can stand in a certificate, else {@code localhost}. */
    private static String hostName() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            boolean plain = !name.isEmpty()
                    && name.chars().allMatch(c -> (c < 0x80 && Character.isLetterOrDigit(c)) || c == '-' || c == '.');
            return plain && Character.isLetter(name.charAt(0)) ? name : "localhost";
        } catch (UnknownHostException _) {
            return "localhost";
        }
    }
}
