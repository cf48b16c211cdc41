package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.ProcessMemory;
import dev.instar.sandbox.RunningProgram;
import dev.instar.sandbox.SandboxFixture;
import dev.instar.template.image.Region;
import dev.instar.template.zygote.Zygote;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one clone of a template does to itself or sends to everybody reaches neither the template nor other clones. */
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class CloneSiblingsTest {
    private static final String PROGRAM = """
            import ctypes, errno, mmap, os, signal, threading
            libc = ctypes.CDLL(None, use_errno=True)
            table = [str(i) for i in range(100000)]

            def regions(permissions):
                with open("/proc/self/maps") as maps:
                    lines = maps.read().splitlines()
                for line in lines:
                    fields = line.split(None, 5)
                    start, end = (int(each, 16) for each in fields[0].split("-"))
                    if fields[1] in permissions and "[" not in line:
                        yield start, end

            def touch_all():
                return sum(write(start, end) for start, end in regions(("rw-p",))) > 1000

            def write(start, end):
                # MADV_POPULATE_WRITE: as if each page were written with what it holds, at one stroke.
                if libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), 23):
                    raise OSError(ctypes.get_errno(), "madvise")
                return (end - start) // 4096

            def write_over_read_only():
                done = 0
                for start, end in regions(("r--p",)):
                    if libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(end - start), 3) == 0:
                        write(start, end)
                        libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(end - start), 1)
                        done += 1
                return done > 5

            def grow_and_shrink():
                area = mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                for size in (4 << 20, 1 << 19, 8 << 20, 4096):
                    area.resize(size)
                    area[size - 1] = 7
                area.close()
                more = [bytes(1000) for _ in range(10000)]
                del more
                libc.malloc_trim(0)
                libc.sbrk.restype = ctypes.c_void_p
                return libc.sbrk(0) is not None

            def fork_children():
                for _ in range(4):
                    child = os.fork()
                    if child == 0:
                        table.reverse()
                        os._exit(0 if touch_all() else 1)
                    if os.waitpid(child, 0)[1] != 0:
                        return False
                return True

            def start_threads():
                def write(n):
                    for i in range(n, len(table), 4):
                        table[i] = "thread"
                threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
                [thread.start() for thread in threads]
                [thread.join() for thread in threads]
                return set(table) == {"thread"}

            def scribble():
                for start, end in regions(("rw-p",)):
                    ctypes.memset(start, 0xAA, end - start)

            def signal_everybody():
                found = set()
                for group in range(2, 500):
                    if group != os.getpgrp():
                        try:
                            os.killpg(group, signal.SIGKILL)
                            found.add("reached")
                        except OSError as error:
                            found.add(errno.errorcode[error.errno])
                try:
                    os.kill(1, signal.SIGKILL)
                    found.add("reached")
                except OSError as error:
                    found.add(errno.errorcode[error.errno])
                try:
                    # Succeeds even where there are only processes that it may not signal.
                    os.kill(-1, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                return sorted(found)

            def evaluate(expression):
                try:
                    return str(eval(expression))
                except BaseException as error:
                    return repr(error)

            os.write(3, b"ready\\n")
            while True:
                expression = os.read(3, 4096)
                if not expression:
                    break
                os.write(3, (evaluate(expression.decode()) + "\\n").encode())
            """;
    private static final String SUM = "sum(map(int, table))";
    private static final String EXPECTED = "4999950000";

    private SandboxFixture fixture;
    private CapturedProgram program;
    private Zygote zygote;

    @BeforeAll
    void open(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 2, 8);
        program = CapturedProgram.take(fixture, PROGRAM);
        zygote = program.zygote();
    }

    @AfterAll
    void close() {
        zygote.close();
        program.close();
        fixture.close();
    }

    @Test
    void writesStayWithTheCloneThatMakesThem() throws Exception {
        try (RunningProgram sibling = program.start(zygote, false, SUM)) {
            assertThat(sibling.nextLine()).isEqualTo(EXPECTED);
            for (String what : new String[] {
                "touch_all()", "write_over_read_only()", "grow_and_shrink()", "fork_children()", "start_threads()"
            }) {
                for (boolean ahead : new boolean[] {false, true}) {
                    try (RunningProgram clone = program.start(zygote, ahead, what)) {
                        assertThat(clone.nextLine()).as(what).isEqualTo("True");
                    }
                }
            }
            try (RunningProgram clone = program.start(zygote, true, "scribble()")) {
                assertThat(clone.sandbox().ending().get(20, TimeUnit.SECONDS).describe())
                        .contains("signal");
            }
            sibling.send(SUM);
            assertThat(sibling.nextLine()).isEqualTo(EXPECTED);
            assertTemplateIsUnchanged(zygote);
            try (Zygote later = program.zygote();
                    RunningProgram clone = program.start(later, false, SUM)) {
                assertTemplateIsUnchanged(later);
                assertThat(clone.nextLine()).isEqualTo(EXPECTED);
            }
        }
    }

    /** Every page of it, as a zygote sees it, is what its digest says. */
    private void assertTemplateIsUnchanged(Zygote seenBy) throws Exception {
        try (ProcessMemory memory = ProcessMemory.open(seenBy.pid())) {
            for (Region region : program.image().regions()) {
                if (region instanceof Region.Content content) {
                    for (Region.Unit unit : content.units()) {
                        byte[] bytes = memory.read(unit.start(), unit.length());
                        assertThat(HexFormat.of().formatHex(CapturedProgram.sha256(bytes)))
                                .as("unit at %x", unit.start())
                                .isEqualTo(unit.digest());
                    }
                }
            }
        }
    }

    @Test
    void signalsToGroupsAndToEverybodyReachNobody() throws Exception {
        try (RunningProgram sibling = program.start(zygote, false, SUM);
                RunningProgram waiting = program.start(zygote, true, SUM);
                RunningProgram clone = program.start(zygote, true, "signal_everybody()")) {
            assertThat(clone.nextLine()).isEqualTo("['EPERM', 'ESRCH']");
            clone.send("os.killpg(0, signal.SIGKILL)");
            clone.sandbox().ending().get(20, TimeUnit.SECONDS);

            assertThat(zygote.exit()).isNotDone();
            assertThat(sibling.nextLine()).isEqualTo(EXPECTED);
            assertThat(waiting.nextLine()).isEqualTo(EXPECTED);
            sibling.send(SUM);
            assertThat(sibling.nextLine()).isEqualTo(EXPECTED);
        }
    }
}
