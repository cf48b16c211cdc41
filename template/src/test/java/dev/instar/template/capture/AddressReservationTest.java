package dev.instar.template.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.linux.MemoryMapping;
import dev.instar.linux.ProcFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AddressReservationTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Some 40 MB, in V8's chunks of 256 KiB. */
    private static final String GROW =
            "(globalThis.kept ??= []).push(Array.from({ length: 400000 }, (_, i) => ({ i, text: 'text' + i })))";

    private static final ProcFiles PROC = new ProcFiles();

    private static Set<Long> scattered(int pid) {
        return mappings(pid).stream()
                .map(MemoryMapping::start)
                .filter(start -> start >= 1L << 36 && start < 1L << 46)
                .collect(Collectors.toSet());
    }

    private static List<MemoryMapping> mappings(int pid) {
        return PROC.mappings(pid).orElseThrow();
    }

    @Test
    void whatNodeAllocatesLiesTogetherUntilTheRelease() throws Exception {
        try (Program node = Program.node()) {
            Set<Long> before = scattered(node.pid());
            AddressReservation reservation = AddressReservation.reserve(node.pid(), LIMIT);
            assertThat(node.number(GROW)).isEqualTo(1);

            reservation.release();

            // Chunks may have been given up meanwhile, but none has been added where V8 wanted it.
            assertThat(before).containsAll(scattered(node.pid()));
            assertThat(mappings(node.pid())).noneMatch(mapping -> mapping.length() > 1L << 40);
            Set<Long> after = scattered(node.pid());
            assertThat(node.number(GROW)).isEqualTo(2);
            assertThat(scattered(node.pid()).size()).isGreaterThan(after.size() + 10);
        }
    }

    @Test
    void whatWasMappedOverItStays() throws Exception {
        try (Program python = Program.python()) {
            AddressReservation reservation = AddressReservation.reserve(python.pid(), LIMIT);
            python.run("""
                    libc = ctypes.CDLL(None)
                    libc.mmap.restype = ctypes.c_void_p
                    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int] + [ctypes.c_long]
                    where = libc.mmap(1 << 40, 8192, 3, 0x32, -1, 0)
                    ctypes.memset(where, 7, 8192)
                    """);

            reservation.release();

            assertThat(python.ask("ctypes.string_at(where, 8192) == b'\\x07' * 8192 and where == 1 << 40"))
                    .isEqualTo("True");
            assertThat(scattered(python.pid())).containsExactly(1L << 40);
        }
    }

    @Test
    void aProcessThatHasEndedIsAnError() throws Exception {
        int pid;
        try (Program python = Program.python()) {
            pid = python.pid();
        }
        assertThatThrownBy(() -> AddressReservation.reserve(pid, LIMIT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("has ended");
    }
}
