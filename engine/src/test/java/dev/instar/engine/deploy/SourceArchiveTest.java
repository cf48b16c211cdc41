package dev.instar.engine.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.InvalidRequestException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourceArchiveTest {
    @TempDir
    Path directory;

    @Test
    void whatIsNotIgnoredIsPackedInOrder() throws IOException {
        write("handler.py", "x");
        write("lib/a.txt", "a");
        write("lib/__pycache__/a.pyc", "c");
        write(".git/config", "g");
        write("logs/today.log", "l");
        write("logs/keep.log", "l");
        write("node_modules/m/index.js", "m");
        write("ü/漢字.txt", "u");
        write("x".repeat(150) + "/" + "y".repeat(150), "long");
        write(".instarignore", "# comment\n*.log\n!keep.log\n\n/secret\n");
        write("secret/key", "k");
        write("lib/secret/key", "k");
        List<String> told = new ArrayList<>();
        byte[] archive = pack(told);
        Map<String, String> entries = entries(archive);
        assertThat(entries.keySet())
                .containsExactly(
                        "handler.py",
                        "lib/",
                        "lib/a.txt",
                        "lib/secret/",
                        "lib/secret/key",
                        "logs/",
                        "logs/keep.log",
                        "node_modules/",
                        "node_modules/m/",
                        "node_modules/m/index.js",
                        "x".repeat(150) + "/",
                        "x".repeat(150) + "/" + "y".repeat(150),
                        "ü/",
                        "ü/漢字.txt");
        assertThat(entries).containsEntry("handler.py", "100644:x").containsEntry("ü/漢字.txt", "100644:u");
        assertThat(told).hasSize(entries.size());
    }

    @Test
    void equalFoldersGiveEqualBytes() throws IOException {
        write("a", "1");
        write("b/c", "2");
        Files.setPosixFilePermissions(directory.resolve("a"), PosixFilePermissions.fromString("rwx--x---"));
        byte[] first = pack(new ArrayList<>());
        Files.setLastModifiedTime(directory.resolve("a"), FileTime.fromMillis(12345));
        Files.setPosixFilePermissions(directory.resolve("a"), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(pack(new ArrayList<>())).isEqualTo(first);
        assertThat(entries(first)).containsEntry("a", "100755:1");
    }

    @Test
    void linksInsideStayLinksAndOthersAreRefused() throws IOException {
        write("a/b", "1");
        Files.createSymbolicLink(directory.resolve("a/up"), Path.of("../c"));
        assertThat(entries(pack(new ArrayList<>()))).containsEntry("a/up", "link:../c");
        Path out = Files.createSymbolicLink(directory.resolve("a/out"), Path.of("../../etc"));
        assertThatThrownBy(() -> pack(new ArrayList<>()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("a/out")
                .hasMessageContaining("leads out");
        Files.delete(out);
        Files.createSymbolicLink(out, directory.resolve("a/b"));
        assertThatThrownBy(() -> pack(new ArrayList<>())).isInstanceOf(InvalidRequestException.class);
        write(".instarignore", "out");
        assertThat(entries(pack(new ArrayList<>()))).doesNotContainKey("a/out");
    }

    @Test
    void aPipeIsRefused() throws Exception {
        Process mkfifo = new ProcessBuilder("mkfifo", directory.resolve("pipe").toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
        assertThatThrownBy(() -> pack(new ArrayList<>()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("pipe");
    }

    @ParameterizedTest
    @CsvSource({
        "*.log, a.log, true", "*.log, d/e/a.log, true", "*.log, a.logs, false", "/a, a, true", "/a, b/a, false",
        "a/b, a/b, true", "a/b, c/a/b, false", "**/b, a/c/b, true", "a/**, a/b/c, true", "a/**/z, a/z, true",
        "a?c, abc, true", "a?c, a/c, false", "a*c, a/c, false", "[x], x, false", "a.c, abc, false",
        "build/, build, false"
    })
    void patternsMatchAsInGit(String pattern, String path, boolean out) {
        assertThat(IgnoreRules.of(List.of(pattern)).leavesOut(path, false)).isEqualTo(out);
    }

    @Test
    void aSlashAtTheEndMeansDirectories() {
        assertThat(IgnoreRules.of(List.of("build/")).leavesOut("x/build", true)).isTrue();
    }

    private void write(String name, String content) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private byte[] pack(List<String> told) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SourceArchive.pack(directory, out, told::add);
        return out.toByteArray();
    }

    private static Map<String, String> entries(byte[] archive) throws IOException {
        Map<String, String> entries = new LinkedHashMap<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(archive)), "UTF-8")) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                assertThat(entry.getLastModifiedTime().toMillis()).isZero();
                assertThat(entry.getLongUserId()).isZero();
                String content = new String(tar.readAllBytes(), StandardCharsets.UTF_8);
                entries.put(
                        entry.getName(),
                        entry.isSymbolicLink()
                                ? "link:" + entry.getLinkName()
                                : Integer.toOctalString(entry.getMode()) + ":" + content);
            }
        }
        return entries;
    }
}
