package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStatusTest {
    @TempDir
    Path directory;

    @Test
    void filesAreWhatTheyAre() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "shelf");
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);

        FileStatus status = FileStatus.of(file.toString()).orElseThrow();
        assertThat(status.regular()).isTrue();
        assertThat(status.size()).isEqualTo(5);
        assertThat(status.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
        assertThat(status.sameFile(FileStatus.of(link.toString()).orElseThrow()))
                .isTrue();
        assertThat(status.sameFile(FileStatus.of("/dev/null").orElseThrow())).isFalse();
        assertThat(FileStatus.of(directory.toString()).orElseThrow().directory())
                .isTrue();
        FileStatus device = FileStatus.of("/dev/null").orElseThrow();
        assertThat(device.characterDevice()).isTrue();
        assertThat(device.deviceNumber()).isEqualTo(0x103);
        assertThat(FileStatus.link(link.toString())).contains(file.toString());
    }

    @Test
    void whatIsNotThereIsEmpty() {
        assertThat(FileStatus.of(directory + "/none")).isEmpty();
        assertThat(FileStatus.of("/dev/null/none")).isEmpty();
        assertThat(FileStatus.link(directory + "/none")).isEmpty();
    }
}
