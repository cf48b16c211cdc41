package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.HELLO;
import static dev.instar.engine.store.StoreFixture.program;
import static dev.instar.engine.store.StoreFixture.spec;
import static dev.instar.engine.store.StoreFixture.storeCode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.ConflictException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretStoreTest {
    private static final byte[] VALUE = "correct horse battery staple".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(directory, InstantSource.system());
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void valuesComeBackAndAreNowhereOnDiskInTheClear() throws IOException {
        store.secrets().create("default", "pass.word", VALUE);
        store.secrets().create("default", "another", new byte[0]);
        assertThat(store.secrets().list("default")).containsExactly("another", "pass.word");
        close();
        open();
        assertThat(store.secrets().values("default", List.of("pass.word", "another")))
                .containsEntry("pass.word", VALUE)
                .containsEntry("another", new byte[0]);
        try (Stream<Path> files = Files.walk(directory).filter(Files::isRegularFile)) {
            for (Path file : files.toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as("%s", file)
                        .doesNotContain("horse battery");
            }
        }
    }

    @Test
    void keyAndDirectoryAreTheOwnersAlone() throws IOException {
        assertThat(mode(directory.resolve("master.key"))).isEqualTo("rw-------");
        assertThat(mode(directory.resolve("admin-password"))).isEqualTo("rw-------");
    }

    @Test
    void creatingUpdatingAndDeletingKeepToWhatExists() {
        SecretStore secrets = store.secrets();
        assertThatThrownBy(() -> secrets.update("default", "a", VALUE)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> secrets.delete("default", "a")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> secrets.create("nowhere", "a", VALUE)).isInstanceOf(NotFoundException.class);
        secrets.create("default", "a", VALUE);
        assertThatThrownBy(() -> secrets.create("default", "a", VALUE)).isInstanceOf(ConflictException.class);
        secrets.update("default", "a", new byte[] {7});
        assertThat(secrets.values("default", List.of("a")).get("a")).containsExactly(7);
        secrets.delete("default", "a");
        assertThatThrownBy(() -> secrets.values("default", List.of("a"))).isInstanceOf(NotFoundException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".hidden", "../x", "a/b", "a b", "a\0", "ä"})
    void namesThatAreNotFileNamesAreRefused(String name) {
        assertThatThrownBy(() -> store.secrets().create("default", name, VALUE))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void moreThanOneMebibyteIsRefused() {
        assertThatThrownBy(() -> store.secrets().create("default", "big", new byte[(1 << 20) + 1]))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void aSecretInUseIsNotDeleted() throws IOException {
        store.secrets().create("default", "a", VALUE);
        String code = storeCode(store, "default", Map.of("handler.py", ""));
        store.functions().deploy(spec(HELLO, code, Map.of(), List.of("a")));
        assertThatThrownBy(() -> store.secrets().delete("default", "a"))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("hello");
        store.functions().deploy(program(HELLO, "/bin/cat"));
        store.secrets().delete("default", "a");
        assertThatThrownBy(() -> store.functions().rollback(HELLO, 1))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("secret");
    }

    @Test
    void sealedBytesMovedToAnotherNameOrChangedDoNotOpen() {
        store.secrets().create("default", "a", VALUE);
        store.secrets().create("default", "b", VALUE);
        store.database()
                .write(c -> Sql.update(
                        c,
                        "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'a') WHERE name = 'b'"));
        assertThatThrownBy(() -> store.secrets().values("default", List.of("b")))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void aLostOrForeignKeyIsNoticedAtOnceAndNotReplaced() throws IOException {
        store.secrets().create("default", "a", VALUE);
        close();
        Path key = directory.resolve("master.key");
        byte[] right = Files.readAllBytes(key);
        Files.delete(key);
        assertThatThrownBy(this::open)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("master.key")
                .hasMessageContaining("backup");
        assertThat(key).doesNotExist();
        Files.write(key, new byte[32]);
        assertThatThrownBy(this::open).hasMessageContaining("is not the key of this database");
        Files.write(key, new byte[31]);
        assertThatThrownBy(this::open).hasMessageContaining("31 bytes");
        Files.write(key, right);
        open();
        assertThat(store.secrets().values("default", List.of("a")).get("a")).isEqualTo(VALUE);
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
