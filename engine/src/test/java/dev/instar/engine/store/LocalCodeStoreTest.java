package dev.instar.engine.store;

import static dev.instar.engine.store.HostileArchive.Entry.directory;
import static dev.instar.engine.store.HostileArchive.Entry.executable;
import static dev.instar.engine.store.HostileArchive.Entry.file;
import static dev.instar.engine.store.HostileArchive.Entry.hardLink;
import static dev.instar.engine.store.HostileArchive.Entry.link;
import static dev.instar.engine.store.HostileArchive.tarGz;
import static dev.instar.engine.store.HostileArchive.zip;
import static dev.instar.engine.store.StoreFixture.HELLO;
import static dev.instar.engine.store.StoreFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Quota;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.TenantService.Namespace;
import dev.instar.engine.deploy.TreeLimits;
import dev.instar.engine.store.HostileArchive.Entry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalCodeStoreTest {
    @TempDir
    Path directory;

    private Instant now = Instant.ofEpochMilli(1_000_000_000_000L);
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("data"), () -> now);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void zipAndTarOfTheSameFilesAreTheSameTree() throws IOException {
        String fromTar =
                storeTar(directory("lib"), file("lib/a.py", "A"), executable("run", "#!"), link("lib/b.py", "a.py"));
        String fromZip =
                store(Format.ZIP, zip(link("lib/b.py", "a.py"), executable("run", "#!"), file("./lib//a.py", "A")));
        assertThat(fromZip).isEqualTo(fromTar);
        Path tree = store.code().directory(fromTar);
        assertThat(tree.resolve("lib/b.py")).isSymbolicLink().hasContent("A");
        assertThat(mode(tree)).isEqualTo("rwxr-xr-x");
        assertThat(mode(tree.resolve("lib"))).isEqualTo("rwxr-xr-x");
        assertThat(mode(tree.resolve("lib/a.py"))).isEqualTo("rw-r--r--");
        assertThat(mode(tree.resolve("run"))).isEqualTo("rwxr-xr-x");
        assertThat(TreeDigest.of(tree)).isEqualTo(fromTar);
        assertThat(codeDirectory()).containsExactly(fromTar.substring(7));
        assertThat(store.code().usedBytes("default")).isEqualTo(3);
    }

    @Test
    void aTreeIsThereAfterReopeningAndDraftsAreGone() throws IOException {
        String digest = storeTar(file("a", "1"));
        Files.createDirectories(codePath().resolve("tmp-123/tree/x"));
        Files.createFile(codePath().resolve("tmp-456"));
        Files.createDirectories(codePath().resolve("0".repeat(64)));
        close();
        open();
        assertThat(store.code().contains("default", digest)).isTrue();
        assertThat(codeDirectory()).containsExactly(digest.substring(7));
    }

    @Test
    void treesBelongToTheNamespacesThatStoredThem() throws IOException {
        store.tenants().create(new Namespace("team", Map.of(), Quota.UNBOUNDED));
        String digest = storeTar(file("a", "1"));
        assertThat(store.code().contains("team", digest)).isFalse();
        assertThat(store.code().store("team", Format.TAR_GZ, new ByteArrayInputStream(tarGz(file("a", "1")))))
                .isEqualTo(digest);
        assertThat(store.code().contains("team", digest)).isTrue();
        assertThatThrownBy(() -> store.code().store("x", Format.ZIP, InputStream.nullInputStream()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> store.code().directory("sha256:" + "0".repeat(64)))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> store.code().directory("../x")).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void aHardLinkBecomesAFileOfItsOwn() throws IOException {
        Path tree = store.code().directory(storeTar(executable("a", "1"), hardLink("d/b", "./a")));
        assertThat(tree.resolve("d/b")).isRegularFile().hasContent("1");
        assertThat(mode(tree.resolve("d/b"))).isEqualTo("rwxr-xr-x");
        assertThat(Files.getAttribute(tree.resolve("a"), "unix:nlink")).isEqualTo(1);
    }

    @Test
    void linksThatStayInsideAreKept() throws IOException {
        Path tree = store.code()
                .directory(storeTar(
                        link("d/up", "../a/./b"), link("d/dangling", "nothing"), link("to-d", "d"), file("a/b", "1")));
        assertThat(tree.resolve("to-d/up")).hasContent("1");
    }

    private static List<List<Entry>> hostileEntries() {
        List<List<Entry>> all = new ArrayList<>();
        for (String name : List.of(
                "/etc/x",
                "../x",
                "a/../../x",
                "a/..",
                "..",
                "x\ny",
                "x\u0001",
                "x\u007f",
                "\uFFFD",
                "a?b",
                "a".repeat(256),
                "a/".repeat(70) + "b",
                ("a".repeat(200) + "/").repeat(11) + "b")) {
            all.add(List.of(file(name, "")));
            all.add(List.of(directory(name), file("ok", "")));
            all.add(List.of(link(name, "ok"), file("ok", "")));
        }
        for (String target : List.of("/etc/passwd", "..", "../x", "a/../..", "", "d/../../x", "a\nb")) {
            all.add(List.of(link("l", target), file("d/f", "")));
        }
        all.add(List.of());
        all.add(List.of(directory("only")));
        all.add(List.of(file("a", "1"), file("./a", "2")));
        all.add(List.of(file("a", "1"), directory("a")));
        all.add(List.of(file("a", "1"), file("a/b", "2")));
        all.add(List.of(link("a", "b"), file("a/x", "2"), file("b/y", "")));
        all.add(List.of(file("b/y", ""), link("a", "b"), link("a/x", "../y")));
        all.add(List.of(link("a", "."), link("b", "a/../.."), file("f", "")));
        all.add(List.of(link("s", "."), link("p/q/r", "../../s/.."), file("f", "")));
        all.add(List.of(link("a", "b"), link("b", "a"), file("f", "")));
        all.add(List.of(link("a", "a/a"), file("f", "")));
        return all;
    }

    @Test
    void hostileNamesAndLinksAreRefusedAndLeaveNothing() throws IOException {
        for (List<Entry> entries : hostileEntries()) {
            for (Format format : Format.values()) {
                byte[] archive = format == Format.ZIP ? zip(entries) : tarGz(entries);
                assertThatThrownBy(() -> store(format, archive))
                        .as("%s of %s", format, entries)
                        .isInstanceOf(InvalidRequestException.class);
                assertThat(codeDirectory()).isEmpty();
            }
        }
        assertThat(store.code().usedBytes("default")).isZero();
    }

    @Test
    void devicesPipesAndLinksToNowhereAreRefused() throws IOException {
        for (char type : "346".toCharArray()) {
            assertRefused(Format.TAR_GZ, tarGz(new Entry((byte) type, "x", 0644, "", 0)), "device");
        }
        assertRefused(Format.ZIP, zip(new Entry((byte) '0', "x", 0020666, "", 0)), "device");
        assertRefused(Format.ZIP, zip(new Entry((byte) '0', "x", 0010666, "", 0)), "device");
        assertRefused(Format.TAR_GZ, tarGz(hardLink("x", "later"), file("later", "")), "hard link");
        assertRefused(Format.TAR_GZ, tarGz(link("l", "a"), file("a", ""), hardLink("x", "l")), "hard link");
        assertRefused(Format.TAR_GZ, tarGz(hardLink("x", "/etc/passwd")), "absolute");
    }

    @Test
    void brokenArchivesAreRefused() throws IOException {
        byte[] tar = tarGz(file("a", "x".repeat(5000)));
        byte[] zip = zip(file("a", "x".repeat(5000)));
        assertRefused(Format.TAR_GZ, new byte[0], "tar.gz");
        assertRefused(Format.TAR_GZ, zip, "tar.gz");
        assertRefused(Format.TAR_GZ, Arrays.copyOf(tar, tar.length / 2), "tar.gz");
        assertRefused(Format.ZIP, new byte[0], "zip");
        assertRefused(Format.ZIP, tar, "zip");
        assertRefused(Format.ZIP, Arrays.copyOf(zip, zip.length / 2), "zip");
        byte[] badName = zip(file("aaaa", "1"));
        for (int i = 0; i < badName.length - 4; i++) {
            if (badName[i] == 'a' && badName[i + 1] == 'a' && badName[i + 2] == 'a') {
                badName[i] = (byte) 0xff;
            }
        }
        assertRefused(Format.ZIP, badName, "UTF-8");
    }

    @Test
    void bombsAreRefused() throws IOException {
        String zeros = "\0".repeat(20 << 20);
        assertRefused(Format.TAR_GZ, tarGz(file("a", zeros)), "times its own length");
        assertRefused(Format.ZIP, zip(file("a", zeros)), "times its own length");
        // A name of 20 MB: commons-compress would read all of it into memory.
        assertRefused(
                Format.TAR_GZ,
                tarGz(new Entry((byte) 'L', "././@LongLink", 0644, "n".repeat(20 << 20), 0), file("a", "")),
                "headers of an entry");
    }

    @Test
    void limitsOfEntriesBytesAndArchiveHold() throws IOException {
        TreeLimits limits = new TreeLimits(3, 100, 300, 1000);
        LocalCodeStore small = LocalCodeStore.open(codePath(), store.database(), () -> now, limits);
        assertThatThrownBy(() ->
                        small.store("default", Format.TAR_GZ, new ByteArrayInputStream(tarGz(file("a/b/c/d", "")))))
                .hasMessageContaining("3 entries");
        assertThatThrownBy(() -> small.store(
                        "default", Format.TAR_GZ, new ByteArrayInputStream(tarGz(file("a", "x".repeat(101))))))
                .hasMessageContaining("more than 100 bytes");
        assertThatThrownBy(() -> small.store("default", Format.TAR_GZ, new ByteArrayInputStream(new byte[301])))
                .isInstanceOf(InvalidRequestException.class);
        assertThat(codeDirectory()).isEmpty();
    }

    @Test
    void theDiskQuotaCountsATreeOnce() throws IOException {
        store.tenants().update(new Namespace("default", Map.of(), new Quota(0, 0, 0, 0, 10)));
        storeTar(file("a", "12345678"));
        storeTar(file("a", "12345678"));
        assertThatThrownBy(() -> storeTar(file("b", "12345678"))).isInstanceOf(QuotaExceededException.class);
        assertThat(codeDirectory()).hasSize(1);
        storeTar(file("b", "12"));
        assertThat(store.code().usedBytes("default")).isEqualTo(10);
    }

    @Test
    void anUploadThatBreaksOffIsReportedAsSuch() throws IOException {
        InputStream broken =
                new SequenceInputStream(new ByteArrayInputStream(tarGz(file("a", "1")), 0, 20), new BrokenStream());
        assertThatThrownBy(() -> store.code().store("default", Format.TAR_GZ, broken))
                .isInstanceOf(IOException.class)
                .hasMessage("peer has gone");
        assertThat(codeDirectory()).isEmpty();
    }

    @Test
    void onlyTreesThatNobodyNeedsAreCollected() throws IOException {
        String deployed = storeTar(file("a", "deployed"));
        String running = storeTar(file("a", "running"));
        String garbage = storeTar(file("a", "garbage"));
        store.functions().deploy(spec(HELLO, deployed, Map.of(), List.of()));
        assertThat(store.code().collect(Set.of(running))).isZero();
        now = now.plus(LocalCodeStore.GRACE).plus(Duration.ofSeconds(1));
        String fresh = storeTar(file("a", "fresh"));
        assertThat(store.code().collect(Set.of(running))).isEqualTo(1);
        assertThat(codeDirectory())
                .containsExactlyInAnyOrder(deployed.substring(7), running.substring(7), fresh.substring(7));
        assertThat(store.code().contains("default", garbage)).isFalse();
        store.functions().remove(HELLO);
        now = now.plus(LocalCodeStore.GRACE).plus(Duration.ofSeconds(1));
        assertThat(store.code().collect(Set.of())).isEqualTo(3);
        assertThat(codeDirectory()).isEmpty();
        assertThat(store.code().usedBytes("default")).isZero();
        assertThat(storeTar(file("a", "garbage"))).isEqualTo(garbage);
        assertThat(store.code().directory(garbage).resolve("a")).hasContent("garbage");
    }

    @Test
    void storingAndCollectingAtOnceNeverLosesATree() throws Exception {
        List<Future<String>> stored = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 24; i++) {
                int content = i % 3;
                stored.add(threads.submit(() -> storeTar(file("a", "content " + content))));
                stored.add(threads.submit(() -> {
                    store.code().collect(Set.of());
                    return "";
                }));
            }
        }
        for (Future<String> outcome : stored) {
            if (!outcome.get().isEmpty()) {
                assertThat(TreeDigest.of(store.code().directory(outcome.get()))).isEqualTo(outcome.get());
            }
        }
        assertThat(codeDirectory()).hasSize(3);
    }

    private void assertRefused(Format format, byte[] archive, String message) throws IOException {
        assertThatThrownBy(() -> store(format, archive))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(message);
        assertThat(codeDirectory()).isEmpty();
    }

    private String storeTar(Entry... entries) throws IOException {
        return store(Format.TAR_GZ, tarGz(entries));
    }

    private String store(Format format, byte[] archive) throws IOException {
        return store.code().store("default", format, new ByteArrayInputStream(archive));
    }

    private Path codePath() {
        return directory.resolve("data/code");
    }

    private List<String> codeDirectory() throws IOException {
        try (Stream<Path> files = Files.list(codePath())) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
