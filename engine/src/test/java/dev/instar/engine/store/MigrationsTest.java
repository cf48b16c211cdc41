package dev.instar.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MigrationsTest {
    private static final Migrations THREE = Migrations.in("/dev/instar/engine/store/migrations");

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void dataOfEveryOlderSchemaIsKept(int from) throws Exception {
        Path file = directory.resolve("db");
        makeFixture(file, from);
        try (Database database = Database.open(file, THREE)) {
            String books = database.read(connection -> Sql.list(
                            connection,
                            "SELECT title || '/' || shelf || '/' || reader FROM books JOIN loans ON book = books.id",
                            row -> row.getString(1))
                    .toString());
            assertThat(books).isEqualTo(from == 0 ? "[]" : "[Emma/a;b/Ann]");
            assertThat(database.<Long>read(c -> Sql.number(c, "PRAGMA user_version")))
                    .isEqualTo(3);
            assertThatThrownBy(() -> database.write(c -> Sql.update(c, "INSERT INTO loans VALUES (99, 'Bob')")))
                    .hasMessageContaining("FOREIGN KEY");
        }
    }

    @Test
    void theProductsOwnScriptsMakeASchemaThatOpensAgain() {
        Path file = directory.resolve("db");
        Migrations own = Migrations.in("schema");
        assertThat(own.newest()).isPositive();
        Database.open(file, own).close();
        try (Database database = Database.open(file, own)) {
            assertThat(database.<Long>read(c -> Sql.number(c, "SELECT count(*) FROM namespaces")))
                    .isEqualTo(1);
        }
    }

    @Test
    void newerSchemaIsRefusedAndLeftAlone() throws Exception {
        Path file = directory.resolve("db");
        Database.open(file, THREE).close();
        execute(file, "PRAGMA user_version = 7");
        byte[] before = Files.readAllBytes(file);
        assertThatThrownBy(() -> Database.open(file, THREE))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("schema 7")
                .hasMessageContaining("up to 3")
                .hasMessageContaining("newer software");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    @Test
    void aFailedStepLeavesTheSchemaBeforeIt() throws Exception {
        Path file = directory.resolve("db");
        Migrations broken = Migrations.in("/dev/instar/engine/store/broken");
        assertThatThrownBy(() -> Database.open(file, broken)).hasMessageContaining("migration to schema 2");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            assertThat(Sql.number(connection, "PRAGMA user_version")).isEqualTo(1);
            assertThat(Sql.exists(connection, "SELECT 1 FROM sqlite_schema WHERE name = 'more'"))
                    .isFalse();
        }
    }

    @Test
    void theDatabaseOfAnotherProgramIsRefused() throws Exception {
        Path file = directory.resolve("db");
        execute(file, "PRAGMA application_id = 5; CREATE TABLE x (y)");
        assertThatThrownBy(() -> Database.open(file, THREE))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("another program");
    }

    @Test
    void aDamagedFileIsRefused() throws IOException {
        Path file = directory.resolve("db");
        Files.writeString(file, "this is not a database, it is only text".repeat(500));
        assertThatThrownBy(() -> Database.open(file, THREE))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("damaged")
                .hasMessageContaining("instar restore");
    }

    private static void makeFixture(Path file, int version) throws Exception {
        for (int step = 1; step <= version; step++) {
            execute(file, script(step));
            execute(file, "PRAGMA application_id = 0x494e5354; PRAGMA user_version = " + step);
        }
        if (version > 0) {
            String title = version == 3
                    ? "INSERT INTO books (id, title, year, shelf) VALUES (1, 'Emma', 0, 'a;b')"
                    : "INSERT INTO books (id, title) VALUES (1, 'Emma')";
            execute(file, title);
            execute(file, "INSERT INTO loans VALUES (1, 'Ann')");
        }
    }

    private static String script(int step) throws IOException {
        try (InputStream in = MigrationsTest.class.getResourceAsStream("migrations/000" + step + ".sql")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void execute(Path file, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }
}
