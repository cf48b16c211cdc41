package dev.instar.template.pool;

import static dev.instar.template.image.MemoryUnits.WINDOW;
import static dev.instar.template.image.MemoryUnits.image;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.template.image.MemoryUnits;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the pool in a directory has. */
class DirectoryPoolTest {
    private static final long LIMIT = 64L << 20;

    private final MemoryUnits units = new MemoryUnits();

    @TempDir
    Path directory;

    @Test
    void removesWhatAnotherLeftBehind() throws IOException {
        Files.write(directory.resolve("7.segment"), new byte[10]);
        Files.write(directory.resolve("notes"), new byte[10]);
        try (DirectoryPool pool = new DirectoryPool(directory, LIMIT, 64)) {
            assertThat(directory.resolve("7.segment")).doesNotExist();
            assertThat(directory.resolve("notes")).exists();
            assertThat(pool.usage().stored()).isZero();
        }
    }

    @Test
    void oneAtATimeHasTheDirectory() throws IOException {
        try (DirectoryPool pool = new DirectoryPool(directory, LIMIT, 64)) {
            pool.publish(image(units.region(0x20_0000, WINDOW, 1)), units, "tenant");
            assertThatThrownBy(() -> new DirectoryPool(directory, LIMIT, 64))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(directory.toString());
            assertThat(directory.resolve("1.segment")).exists();
        }
        new DirectoryPool(directory, LIMIT, 64).close();
    }

    @Test
    void descriptorsCannotBeReopenedForWriting() throws IOException {
        try (DirectoryPool pool = new DirectoryPool(directory, LIMIT, 64)) {
            PooledTemplate template = pool.publish(image(units.region(0x20_0000, WINDOW, 1)), units, "tenant");
            Path reopened =
                    Path.of("/proc/self/fd/" + template.segments().getFirst().number());
            assertThatThrownBy(() -> FileChannel.open(reopened, StandardOpenOption.WRITE))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("Read-only");
        }
    }
}
