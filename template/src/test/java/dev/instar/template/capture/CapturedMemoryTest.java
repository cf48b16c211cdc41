package dev.instar.template.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.instar.linux.MemoryMapping;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.ProcessMemory;
import dev.instar.template.image.Region;
import dev.instar.template.image.Region.Attributes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an image says of memory, held against the memory of a process that stands still. */
class CapturedMemoryTest {
    private static final int PAGE = 4096;

    @Test
    void theWholeAddressSpaceOfPythonComesOut() throws Exception {
        try (Program program = Program.python()) {
            program.run("""
                    import json, decimal, threading
                    kept = [bytes([i]) * 100000 for i in range(1, 50)]
                    zeros = bytearray(50 << 20)
                    zeros[30 << 20] = 1
                    for i in range(3):
                        threading.Thread(target=threading.Event().wait, daemon=True).start()
                    """);
            program.freeze();
            assertReproduces(program, Taken.from(program));
        }
    }

    @Test
    void theWholeAddressSpaceOfNodeComesOut() throws Exception {
        try (Program program = Program.node()) {
            program.ask("globalThis.kept = Array.from({length: 100000}, (x, i) => ({i, text: 'x' + i})); 1");
            program.freeze();
            assertReproduces(program, Taken.from(program));
        }
    }

    @Test
    void zerosAreNotStoredAndRegionsAreFew() throws Exception {
        try (Program program = Program.python()) {
            long address = map(program, 1000, 3, 0x22);
            program.run("ctypes.memset(" + address + ", 0, 1000 * 4096)");
            program.run("ctypes.memset(" + (address + 500L * PAGE) + ", 7, 4096)");
            program.run("ctypes.memset(" + (address + 510L * PAGE) + ", 7, 1)");
            program.run("ctypes.memset(" + (address + 990L * PAGE) + ", 7, 1)");

            Taken taken = Taken.from(program);

            assertThat(taken.at(address)).isInstanceOf(Region.Zero.class);
            assertThat(taken.at(address).end()).isEqualTo(address + 500L * PAGE);
            assertThat(taken.at(address + 505L * PAGE)).isInstanceOf(Region.Content.class);
            assertThat(taken.at(address + 505L * PAGE).end()).isEqualTo(address + 511L * PAGE);
            // What follows the last page is too little for a region of its own.
            assertThat(taken.at(address + 999L * PAGE)).isInstanceOf(Region.Content.class);
            assertThat(taken.at(address + 999L * PAGE).start()).isEqualTo(address + 990L * PAGE);
        }
    }

    @Test
    void unmodifiedPartsOfAFileStayTheFiles() throws Exception {
        Path python = Path.of("/usr/bin/python3").toRealPath();
        try (Program program = Program.python()) {
            program.run("fd = os.open('" + python + "', 0)");
            long address = program.number("call(9, 0, 1000 * 4096, 3, 2, fd, 4096)");
            program.run("os.close(fd); ctypes.memset(" + (address + 500L * PAGE) + ", 7, 1)");

            Taken taken = Taken.from(program);

            Attributes attributes = new Attributes(3, false, false, false, 0, "");
            assertThat(taken.at(address))
                    .isEqualTo(new Region.FileMapping(
                            address, address + 500L * PAGE, attributes, false, python.toString(), PAGE));
            assertThat(taken.at(address + 500L * PAGE).length()).isEqualTo(PAGE);
            assertThat(taken.at(address + 501L * PAGE))
                    .isEqualTo(new Region.FileMapping(
                            address + 501L * PAGE,
                            address + 1000L * PAGE,
                            attributes,
                            false,
                            python.toString(),
                            502L * PAGE));
            assertThat(taken.image().origin().files())
                    .anySatisfy(file -> assertThat(file.path()).isEqualTo(python.toString()));
        }
    }

    @Test
    void adviceAndNamesAreKept() throws Exception {
        try (Program program = Program.python()) {
            long address = map(program, 9, 3, 0x22);
            // One page each: DONTFORK, DONTDUMP, WIPEONFORK, HUGEPAGE, NOHUGEPAGE, a name, none, mlock.
            int[] advice = {10, 16, 18, 14, 15};
            for (int i = 0; i < advice.length; i++) {
                assertThat(program.number("call(28, " + (address + (long) i * PAGE) + ", 4096, " + advice[i] + ")"))
                        .isZero();
            }
            program.run("name = ctypes.create_string_buffer(b'shelf')");
            program.ask("call(157, 0x53564d41, 0, " + (address + 5L * PAGE) + ", 4096, name)");
            assertThat(program.number("call(149, " + (address + 7L * PAGE) + ", 4096)"))
                    .isZero();
            program.run("ctypes.memset(" + address + ", 9, 8 * 4096)");

            Taken taken = Taken.from(program);

            assertThat(taken.at(address).attributes()).isEqualTo(new Attributes(3, true, false, false, 0, ""));
            assertThat(taken.at(address + PAGE).attributes()).isEqualTo(new Attributes(3, false, false, true, 0, ""));
            assertThat(taken.at(address + 2 * PAGE).attributes())
                    .isEqualTo(new Attributes(3, false, true, false, 0, ""));
            assertThat(taken.at(address + 2 * PAGE)).isInstanceOf(Region.Zero.class);
            assertThat(taken.at(address + 3 * PAGE).attributes().hugePages()).isOne();
            assertThat(taken.at(address + 4 * PAGE).attributes().hugePages()).isEqualTo(-1);
            String named = new ProcFiles()
                    .mappings(program.pid()).orElseThrow().stream()
                            .filter(mapping -> mapping.start() == address + 5L * PAGE)
                            .map(MemoryMapping::name)
                            .findFirst()
                            .orElse("");
            assertThat(taken.at(address + 5 * PAGE).attributes().name()).isEqualTo(named.isEmpty() ? "" : "shelf");
            assertThat(taken.at(address + 7 * PAGE)).isInstanceOf(Region.Content.class);
            assertThat(program.number("ctypes.string_at(" + (address + 2L * PAGE) + ", 1)[0]"))
                    .isEqualTo(9);
        }
    }

    @Test
    void droppableMemoryIsDropped() throws Exception {
        try (Program program = Program.python()) {
            // MAP_DROPPABLE, since Linux 6.11.
            long address = program.number("call(9, 0, 4096, 3, 0x28, -1, 0)");
            assumeTrue(address > 0);
            program.run("ctypes.memset(" + address + ", 9, 4096)");

            assertThat(Taken.from(program).at(address)).isInstanceOf(Region.Zero.class);
        }
    }

    @Test
    void memoryWithoutRightsKeepsItsContent() throws Exception {
        try (Program program = Program.python()) {
            long address = map(program, 1, 3, 0x22);
            program.run("ctypes.memset(" + address + ", 9, 4096)");
            assertThat(program.number("call(10, " + address + ", 4096, 0)")).isZero();

            Taken taken = Taken.from(program);

            Region.Content region = (Region.Content) taken.at(address);
            assertThat(region.attributes().protection()).isZero();
            assertThat(taken.bytes(region)).containsOnly(9);
        }
    }

    @Test
    void guardPagesHaveNoRights() throws Exception {
        try (Program program = Program.python()) {
            long address = map(program, 9, 3, 0x22);
            program.run("ctypes.memset(" + address + ", 9, 9 * 4096)");
            // MADV_GUARD_INSTALL, since Linux 6.13.
            assumeTrue(program.number("call(28, " + (address + 4L * PAGE) + ", 4096, 102)") == 0);

            Taken taken = Taken.from(program);

            assertThat(taken.at(address + 4L * PAGE))
                    .isEqualTo(new Region.Zero(
                            address + 4L * PAGE, address + 5L * PAGE, new Attributes(0, false, false, false, 0, "")));
            assertThat(taken.at(address + 3L * PAGE)).isInstanceOf(Region.Content.class);
            assertThat(taken.at(address + 5L * PAGE)).isInstanceOf(Region.Content.class);
        }
    }

    @Test
    void thereAreNoMoreRegionsThanAllowed() throws Exception {
        try (Program program = Program.python()) {
            long address = map(program, 40000, 3, 0x22);
            program.run("for i in range(0, 40000, 100): ctypes.memset(" + address + " + i * 4096, 7, 1)");
            int unbounded = Taken.from(program).image().regions().size();
            assertThat(unbounded).isGreaterThan(800);

            Taken taken = Taken.from(
                    new Capture(new CaptureSettings(Duration.ofSeconds(5), 64, 400, List.of()), new FileDigests()),
                    program);

            assertThat(taken.image().regions()).hasSizeLessThanOrEqualTo(400);
            program.freeze();
            assertReproduces(program, Taken.from(program));
        }
    }

    @Test
    void reservedSpaceCostsNothing() throws Exception {
        try (Program program = Program.python()) {
            long reserved = program.number("call(9, 0, 16 << 40, 0, 0x4022, -1, 0)");
            long used = program.number("call(9, 0, 20 << 30, 3, 0x4022, -1, 0)");
            // One page in the middle, and no huge one.
            program.run("assert call(28, " + used + ", 20 << 30, 15) == 0");
            program.run("ctypes.memset(" + (used + (10L << 30)) + ", 7, 4096)");

            Taken taken = Taken.from(program);

            assertThat(taken.at(reserved + (8L << 40))).isInstanceOf(Region.Zero.class);
            assertThat(taken.at(used + (10L << 30))).isInstanceOf(Region.Content.class);
            assertThat(taken.at(used + (10L << 30)).length()).isEqualTo(PAGE);

            program.run("at = call(9, 0, 2 << 40, 3, 0x4022, -1, 0); ctypes.memset(at, 7, 1)");
            assertThat(catchThrowableOfType(CaptureRefusedException.class, () -> Taken.from(program))
                            .object())
                    .startsWith("a mapping of ");
        }
    }

    @Test
    void unitsEndWhereTheNextTwoMebibytesBegin() throws Exception {
        try (Program program = Program.python()) {
            long address = map(program, 2000, 3, 0x22);
            program.run("ctypes.memset(" + address + ", 7, 2000 * 4096)");

            Taken taken = Taken.from(program);

            for (Region region : taken.image().regions()) {
                if (region instanceof Region.Content content) {
                    long at = content.start();
                    for (Region.Unit unit : content.units()) {
                        assertThat(unit.start()).isEqualTo(at);
                        assertThat((unit.start() + unit.length() - 1) >> 21).isEqualTo(unit.start() >> 21);
                        at += unit.length();
                    }
                    assertThat(at).isEqualTo(content.end());
                }
            }
        }
    }

    private static long map(Program program, int pages, int protection, int flags) throws Exception {
        // Room on both sides keeps the kernel from merging it with its neighbours.
        long reserved = program.number("call(9, 0, " + (pages + 2L) * PAGE + ", 0, 0x22, -1, 0)");
        long address = reserved + PAGE;
        assertThat(program.number("call(9, " + address + ", " + (long) pages * PAGE + ", " + protection + ", "
                        + (flags | 0x10) + ", -1, 0)"))
                .isEqualTo(address);
        return address;
    }

    /** Every byte of every mapping is what the image says, and every mapping is in the image. */
    private static void assertReproduces(Program program, Taken taken) throws IOException {
        List<Region> regions = taken.image().regions();
        List<MemoryMapping> mappings = new ProcFiles().mappings(program.pid()).orElseThrow();
        int next = 0;
        for (MemoryMapping mapping : mappings) {
            if (mapping.name().equals("[vsyscall]")) {
                continue;
            }
            long at = mapping.start();
            while (at < mapping.end()) {
                Region region = regions.get(next++);
                assertThat(region.start()).isEqualTo(at);
                assertThat(region.attributes().protection()).isEqualTo(mapping.protection());
                at = region.end();
            }
            assertThat(at).isEqualTo(mapping.end());
        }
        assertThat(next).isEqualTo(regions.size());
        try (ProcessMemory memory = ProcessMemory.open(program.pid())) {
            for (Region region : regions) {
                assertSame(region, memory, taken);
            }
        }
    }

    private static void assertSame(Region region, ProcessMemory memory, Taken taken) throws IOException {
        switch (region) {
            case Region.Content content ->
                assertThat(digest(taken.bytes(content)))
                        .as("%s", content)
                        .isEqualTo(digest(memory.read(content.start(), Math.toIntExact(content.length()))));
            case Region.Zero zero -> {
                // Reserved space is too large to read.
                int length = (int) Math.min(zero.length(), 64 << 20);
                assertThat(ByteBuffer.wrap(memory.read(zero.start(), length)).equals(ByteBuffer.allocate(length)))
                        .as("%s", zero)
                        .isTrue();
            }
            case Region.FileMapping mapping -> {
                byte[] file = Files.readAllBytes(Path.of(mapping.path()));
                int length = (int) Math.min(mapping.length(), file.length - mapping.offset());
                assertThat(ByteBuffer.wrap(memory.read(mapping.start(), length))
                                .equals(ByteBuffer.wrap(file, Math.toIntExact(mapping.offset()), length)))
                        .as("%s", mapping)
                        .isTrue();
            }
            case Region.Special special -> assertThat(special.name()).isIn("[vdso]", "[vvar]", "[vvar_vclock]");
        }
    }

    private static String digest(byte[] bytes) {
        return HexFormat.of().formatHex(FileDigests.sha256().digest(bytes));
    }
}
