package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SystemCallNumbersTest {
    private static final Path HEADER = Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");

    @Test
    void agreesWithTheKernelsHeader() throws IOException {
        Assumptions.assumeTrue(Files.exists(HEADER), "linux-libc-dev is not installed");
        Map<String, Integer> header = new HashMap<>();
        Matcher define = Pattern.compile("#define __NR_(\\w+) (\\d+)").matcher(Files.readString(HEADER));
        while (define.find()) {
            header.put(define.group(1), Integer.valueOf(define.group(2)));
        }
        assertThat(header).hasSizeGreaterThan(300);
        assertThat(SystemCallNumbers.all()).containsAllEntriesOf(header);
    }

    @Test
    void namesAndNumbersAreOneToOne() {
        SystemCallNumbers.all().forEach((name, number) -> {
            assertThat(SystemCallNumbers.of(name)).isEqualTo(number);
            assertThat(SystemCallNumbers.name(number)).contains(name);
        });
        assertThat(SystemCallNumbers.of("clone3")).isEqualTo(435);
        assertThat(SystemCallNumbers.of("file_setattr")).isEqualTo(469);
        assertThat(SystemCallNumbers.name(400)).isEmpty();
    }
}
