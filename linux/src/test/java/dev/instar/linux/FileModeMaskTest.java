package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileModeMaskTest {
    @Test
    void decidesTheModesOfNewFiles(@TempDir Path directory) throws Exception {
        int before = FileModeMask.set(027);
        try {
            Path file = Files.createFile(directory.resolve("file"));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-r-----");
        } finally {
            assertThat(FileModeMask.set(before)).isEqualTo(027);
        }
    }
}
