package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

class MemoryMappingTest {
    private static final String TEXT = """
            7f5c8b400000-7f5c8b428000 r-xp 00026000 fe:00 26723                      /usr/lib/a name\\012with a break.so
            Size:                160 kB
            Rss:                 144 kB
            Anonymous:             8 kB
            Swap:                  4 kB
            SwapPss:               0 kB
            ProtectionKey:         3
            VmFlags: rd ex mr mw me dc\s
            ffffffffff600000-ffffffffff601000 --xs 00000000 00:00 0
            Rss:                   0 kB
            VmFlags:
            """;

    @Test
    void isParsed() {
        assertThat(MemoryMapping.parseAll(TEXT))
                .containsExactly(
                        new MemoryMapping(
                                0x7f5c8b400000L,
                                0x7f5c8b428000L,
                                5,
                                false,
                                0x26000,
                                26723,
                                "/usr/lib/a name\nwith a break.so",
                                144 << 10,
                                8 << 10,
                                4 << 10,
                                3,
                                Set.of("rd", "ex", "mr", "mw", "me", "dc")),
                        new MemoryMapping(
                                0xffffffffff600000L, 0xffffffffff601000L, 4, true, 0, 0, "", 0, 0, 0, 0, Set.of()));
    }

    @Test
    void anythingElseIsRefused() {
        assertThatThrownBy(() -> MemoryMapping.parseAll("something else\n"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ourOwnAreThereWithTheStack() {
        int pid = Math.toIntExact(ProcessHandle.current().pid());
        assertThat(new ProcFiles().mappings(pid).orElseThrow())
                .anyMatch(mapping -> mapping.name().equals("[stack]") && mapping.privatelyWritable())
                .anyMatch(mapping -> mapping.name().equals("[vdso]") && mapping.executable());
        assertThat(new ProcFiles().mappings(Integer.MAX_VALUE)).isEmpty();
    }
}
