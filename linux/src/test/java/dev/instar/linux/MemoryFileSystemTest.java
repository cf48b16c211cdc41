package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A tmpfs of our own: written, sealed, read. */
class MemoryFileSystemTest {
    private static final int HUGE = 2 << 20;

    private static ByteBuffer bytes(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocateDirect(encoded.length).put(encoded).flip();
    }

    @Test
    void keepsWhatIsWrittenOnceItIsSealed() {
        try (MemoryFileSystem system = MemoryFileSystem.create(1 << 20, 3);
                Fd file = FileContent.create(system.root(), "a", 0400)) {
            FileContent.resize(file, 100);
            FileContent.write(file, 10, bytes("written"));
            assertThatThrownBy(system::seal)
                    .asInstanceOf(InstanceOfAssertFactories.type(LinuxException.class))
                    .extracting(LinuxException::errno)
                    .isEqualTo(Errno.EBUSY);
            file.close();
            system.seal();
            assertThatThrownBy(
                            () -> FileContent.create(system.root(), "b", 0600).close())
                    .hasMessageContaining("EROFS");
            assertThatThrownBy(() -> FileContent.delete(system.root(), "a")).hasMessageContaining("EROFS");
            try (Fd reader = FileContent.openReadOnly(system.root(), "a")) {
                system.close();
                ByteBuffer into = ByteBuffer.allocateDirect(200);
                FileContent.read(reader, 10, into);
                assertThat(into.position()).isEqualTo(90);
                assertThat(StandardCharsets.UTF_8.decode(into.flip()).toString())
                        .startsWith("written\0");
                assertThatThrownBy(() -> FileContent.write(reader, 0, bytes("x")))
                        .hasMessageContaining("EBADF");
            }
        }
    }

    @Test
    void allocatesThePagesItIsToldTo() {
        Assumptions.assumeTrue(MemoryFileSystem.hugePagesAllowed());
        try (MemoryFileSystem system = MemoryFileSystem.create(4 * HUGE, 2);
                Fd file = FileContent.create(system.root(), "a", 0400)) {
            FileContent.resize(file, 4 * HUGE);
            system.allocate(MemoryFileSystem.Pages.SMALL);
            FileContent.write(file, 0, bytes("x"));
            assertThat(FileContent.allocatedBytes(file)).isEqualTo(4096);
            system.allocate(MemoryFileSystem.Pages.HUGE);
            FileContent.write(file, HUGE + 4096, bytes("x"));
            assertThat(FileContent.allocatedBytes(file)).isEqualTo(4096 + HUGE);
        }
    }

    @Test
    void hasItsLimits() {
        try (MemoryFileSystem system = MemoryFileSystem.create(4096, 2);
                Fd file = FileContent.create(system.root(), "a", 0400)) {
            assertThatThrownBy(
                            () -> FileContent.create(system.root(), "b", 0400).close())
                    .hasMessageContaining("ENOSPC");
            FileContent.write(file, 0, ByteBuffer.allocateDirect(4096));
            assertThatThrownBy(() -> FileContent.write(file, 4096, ByteBuffer.allocateDirect(4096)))
                    .hasMessageContaining("ENOSPC");
            assertThatThrownBy(() -> FileContent.write(file, 0, ByteBuffer.allocate(1)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
