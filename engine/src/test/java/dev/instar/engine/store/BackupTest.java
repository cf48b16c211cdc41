package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.HELLO;
import static dev.instar.engine.store.StoreFixture.call;
import static dev.instar.engine.store.StoreFixture.spec;
import static dev.instar.engine.store.StoreFixture.storeCode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.Role;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
    @TempDir
    Path directory;

    private Store store;
    private Path archive;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("data"), InstantSource.system());
        archive = directory.resolve("backup.tar.gz");
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aRunningNodesDataComesBackComplete() throws IOException {
        String code = storeCode(store, "default", Map.of("handler.py", "x = 1", "lib/a.py", "y".repeat(100_000)));
        store.secrets().create("default", "key", new byte[] {1, 2});
        store.functions().deploy(spec(HELLO, code, Map.of(), List.of("key")));
        byte[] body = new byte[300_000];
        Arrays.fill(body, (byte) 7);
        store.async().enqueue(call("long", HELLO, body), "");
        store.async().enqueue(call("short", HELLO, new byte[] {9}), "");
        String token = store.tenants().createToken("", "t", Role.ADMIN);
        Deployed deployed = store.functions().find(HELLO).orElseThrow();

        Backup.write(directory.resolve("data"), archive);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
                .isEqualTo("rw-------");
        Path copy = directory.resolve("copy");
        Files.createDirectory(copy);
        Restore.read(archive, copy);
        assertThat(names()).containsExactlyInAnyOrder("backup.tar.gz", "copy", "data");

        try (Store restored = Store.open(copy, InstantSource.system())) {
            assertThat(restored.functions().find(HELLO)).contains(deployed);
            assertThat(TreeDigest.of(restored.code().directory(code))).isEqualTo(code);
            assertThat(restored.secrets().values("default", List.of("key")).get("key"))
                    .containsExactly(1, 2);
            assertThat(restored.tenants().authenticateToken(token)).isPresent();
            assertThat(restored.adminPassword().text())
                    .isEqualTo(store.adminPassword().text());
            List<QueuedCall> calls = restored.async().claim(10, _ -> 10);
            assertThat(calls).extracting(QueuedCall::id).containsExactly("long", "short");
            try (InputStream in = restored.async().body(calls.getFirst())) {
                assertThat(in.readAllBytes()).isEqualTo(body);
            }
        }
    }

    @Test
    void bytecodeThatTheNodeMadeDoesNotSpoilABackup() throws IOException {
        String code = storeCode(store, "default", Map.of("handler.py", "x = 1"));
        store.functions().deploy(spec(HELLO, code, Map.of(), List.of()));
        Path cache = Files.createDirectory(store.code().directory(code).resolve("__pycache__"));
        Files.writeString(cache.resolve("handler.cpython-311.pyc"), "bytecode");
        Backup.write(directory.resolve("data"), archive);
        Path copy = directory.resolve("copy");
        Restore.read(archive, copy);
        try (Store restored = Store.open(copy, InstantSource.system())) {
            assertThat(TreeDigest.of(restored.code().directory(code))).isEqualTo(code);
        }
    }

    @Test
    void backupsMadeWhileTheNodeChangesAreConsistent() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = Thread.ofVirtual().start(() -> {
            for (int i = 0; !stop.get(); i++) {
                try {
                    String code = storeCode(store, "default", Map.of("handler.py", "x = " + i));
                    store.functions().deploy(spec(HELLO, code, Map.of(), List.of()));
                    store.async().enqueue(call("c" + i, HELLO, new byte[100_000]), "");
                    store.async().claim(10, _ -> 10).forEach(store.async()::complete);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        try {
            for (int i = 0; i < 5; i++) {
                Path one = directory.resolve("backup-" + i);
                Backup.write(directory.resolve("data"), one);
                Restore.read(one, directory.resolve("copy-" + i));
            }
        } finally {
            stop.set(true);
            writer.join();
        }
        try (Store restored = Store.open(directory.resolve("copy-4"), InstantSource.system())) {
            for (Deployed function : restored.functions().all()) {
                String code = function.current().spec().code();
                assertThat(TreeDigest.of(restored.code().directory(code))).isEqualTo(code);
            }
        }
    }

    @Test
    void damagedArchivesAreRefusedAndLeaveNothing() throws IOException {
        storeCode(store, "default", Map.of("handler.py", "x"));
        Backup.write(directory.resolve("data"), archive);
        byte[] whole = Files.readAllBytes(archive);
        for (int length : new int[] {0, 10, whole.length / 2, whole.length - 30}) {
            assertRefused(Arrays.copyOf(whole, length));
        }
        for (int at = 20; at < whole.length - 8; at += whole.length / 12) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            // Some bits of compressed data can be either way.
            if (!Arrays.equals(unpacked(changed), unpacked(whole))) {
                assertRefused(changed);
            }
        }
        assertRefused(HostileArchive.tarGz(HostileArchive.Entry.file("../instar.db", "x")));
        assertRefused(HostileArchive.tarGz(HostileArchive.Entry.file("instar.db", "x")));
    }

    @Test
    void nothingIsOverwritten() throws IOException {
        Backup.write(directory.resolve("data"), archive);
        assertThatThrownBy(() -> Backup.write(directory.resolve("data"), archive))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("exists");
        assertThatThrownBy(() -> Backup.write(directory.resolve("none"), directory.resolve("b")))
                .isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Restore.read(archive, directory.resolve("data")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("not empty");
        assertThat(names()).containsExactlyInAnyOrder("backup.tar.gz", "data");
    }

    private void assertRefused(byte[] bytes) throws IOException {
        Path damaged = directory.resolve("damaged");
        Files.write(damaged, bytes);
        assertThatThrownBy(() -> Restore.read(damaged, directory.resolve("copy")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("not a usable backup");
        assertThat(names()).containsExactlyInAnyOrder("backup.tar.gz", "damaged", "data");
    }

    private static byte[] unpacked(byte[] archive) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(archive))) {
            return in.readAllBytes();
        } catch (IOException e) {
            return new byte[0];
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
