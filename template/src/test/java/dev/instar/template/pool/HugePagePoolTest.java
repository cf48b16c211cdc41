package dev.instar.template.pool;

import static dev.instar.template.image.MemoryUnits.PAGE;
import static dev.instar.template.image.MemoryUnits.WINDOW;
import static dev.instar.template.image.MemoryUnits.image;
import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.MemoryFileSystem;
import dev.instar.template.image.Image;
import dev.instar.template.image.MemoryUnits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That pages are huge where they can be, and that nobody can change them. */
class HugePagePoolTest {
    private static final long BASE = 0x7f00_0000_0000L;

    private final MemoryUnits units = new MemoryUnits();

    @Test
    void mapsAFullWindowInOneEntry() throws Exception {
        Assumptions.assumeTrue(MemoryFileSystem.hugePagesAllowed());
        try (HugePagePool pool = new HugePagePool(64L << 20, 64)) {
            assertThat(pool.pageSize()).isEqualTo(WINDOW);
            PooledTemplate template = pool.publish(image(units.region(BASE + PAGE, 3L * WINDOW, 1)), units, "tenant");
            long offset = template.placements().getFirst().offset() + WINDOW - PAGE;
            String output = python(template, """
                    address = 0x100000000000
                    libc.mmap(address, 0x200000, 5, 0x12, fd, %d)
                    ctypes.string_at(address, 1)
                    found = False
                    for line in open("/proc/self/smaps"):
                        found = found or line.startswith("100000000000-")
                        if found and "PmdMapped" in line:
                            print(line.split()[1])
                            if line.startswith("File"):
                                break
                    """.formatted(offset));
            assertThat(output.lines().toList()).isEqualTo(List.of("2048", "0"));
        }
    }

    /** As root with all capabilities, and as a sandboxed process with what it can get in namespaces of its own. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nobodyCanChangeWhatIsPublished(boolean privileged) throws Exception {
        String dropPrivileges = """
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
                libc.prctl(38, 1, 0, 0, 0)
                libc.prctl(4, 1, 0, 0, 0)
                libc.unshare(0x10020000)
                """;
        try (HugePagePool pool = new HugePagePool(64L << 20, 64)) {
            PooledTemplate template = pool.publish(image(units.region(BASE, WINDOW, 1)), units, "tenant");
            long before = pool.usage().stored();
            String output = python(template, (privileged ? "" : dropPrivileges) + """
                    address = 0x100000000000
                    libc.mmap(address, 0x200000, 3, 0x12, fd, 0)
                    before = ctypes.string_at(address, 0x200000)
                    mapping = "/proc/self/map_files/100000000000-100000200000"
                    own = "/proc/self/fd/%d" % fd
                    holder = "/proc/%d/fd/%d" % (holder_pid, holder_fd)
                    def attempt(name, action):
                        try:
                            action()
                            print(name, "worked")
                        except OSError as e:
                            print(name, errno.errorcode[e.errno])
                    def call(result):
                        if result in (-1, 0xffffffffffffffff):
                            raise OSError(ctypes.get_errno(), "")
                    attempt("write", lambda: os.pwrite(fd, b"x", 0))
                    attempt("resize", lambda: os.ftruncate(fd, 0))
                    attempt("punch", lambda: call(libc.fallocate(fd, 3, 0, 4096)))
                    attempt("chmod", lambda: os.fchmod(fd, 0o777))
                    attempt("chown", lambda: os.fchown(fd, 1, 1))
                    attempt("utime", lambda: os.utime(fd))
                    attempt("xattr", lambda: os.setxattr(fd, "user.x", b"y"))
                    for path in own, holder, mapping:
                        for name, flags in ("rw", os.O_RDWR), ("w", os.O_WRONLY), ("trunc", os.O_TRUNC):
                            attempt(name, lambda: os.open(path, flags))
                        attempt("truncate", lambda: os.truncate(path, 0))
                    for path in own, holder:
                        attempt("pick", lambda: call(libc.syscall(433, -100, path.encode(), 1)))
                    clear = (ctypes.c_uint64 * 4)(0, 1, 0, 0)
                    attempt("remount", lambda: call(libc.syscall(442, fd, b"", 0x1000, clear, 32)))
                    attempt("clone", lambda: call(libc.syscall(428, fd, b"", 0x1000 | 1)))
                    attempt("shared", lambda: call(libc.mmap(None, 4096, 3, 1, fd, 0)))
                    libc.mmap(address + 0x400000, 0x200000, 1, 0x11, fd, 0)
                    attempt("protect", lambda: call(libc.mprotect(address + 0x400000, 0x200000, 3)))
                    attempt("remove", lambda: call(libc.madvise(address, 0x200000, 9)))
                    memory = os.open("/proc/self/mem", os.O_RDWR)
                    attempt("force", lambda: os.pwrite(memory, b"forced", address + 0x400000))
                    ctypes.memset(address, 0xee, 0x200000)
                    print("unchanged" if os.pread(fd, 0x200000, 0) == before else "CHANGED")
                    """);
            assertThat(output).contains("unchanged").doesNotContain("CHANGED");
            assertThat(output).doesNotContain("worked");
            if (privileged) {
                assertThat(output.lines().filter(line -> line.endsWith("EROFS")).count())
                        .isGreaterThanOrEqualTo(12);
            }
            assertThat(pool.usage().stored()).isEqualTo(before);
        }
    }

    @Test
    void isMountedNowhere() throws IOException {
        String before = Files.readString(Path.of("/proc/self/mountinfo"));
        try (HugePagePool pool = new HugePagePool(64L << 20, 64)) {
            pool.publish(image(units.region(BASE, WINDOW, 1)), units, "tenant");
            assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
        }
    }

    @Test
    void leavesNoDescriptorBehind() throws IOException {
        try (HugePagePool warm = new HugePagePool(64L << 20, 64)) {
            warm.publish(image(units.region(BASE, WINDOW, 1)), units, "tenant").close();
        }
        long before = segmentDescriptors();
        try (HugePagePool pool = new HugePagePool(64L << 20, 64)) {
            PooledTemplate template = pool.publish(image(units.region(BASE, WINDOW, 1)), units, "tenant");
            assertThat(segmentDescriptors()).isEqualTo(before + 1);
            template.close();
            assertThat(segmentDescriptors()).isEqualTo(before);
            pool.publish(image(units.region(BASE, WINDOW, 2)), units, "tenant");
        }
        assertThat(segmentDescriptors()).isEqualTo(before);
    }

    /** A process that is being started has copies of the node's descriptors until it executes its program. */
    @Test
    void publishesWhileProcessesAreBeingStarted() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Thread starter = Thread.ofPlatform().start(() -> {
            try {
                while (!done.get()) {
                    new ProcessBuilder("/bin/true").start().waitFor();
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (HugePagePool pool = new HugePagePool(64L << 20, 64)) {
            Image image = image(units.region(BASE, PAGE, 1));
            for (int i = 0; i < 500; i++) {
                pool.publish(image, units, "tenant").close();
            }
        } finally {
            done.set(true);
            starter.join();
        }
    }

    private static long segmentDescriptors() throws IOException {
        long count = 0;
        for (java.io.File file : new java.io.File("/proc/self/fd").listFiles()) {
            try {
                String target = Files.readSymbolicLink(file.toPath()).toString();
                count += target.startsWith("/segment") || target.equals("/") ? 1 : 0;
            } catch (java.nio.file.NoSuchFileException closedMeanwhile) {
                continue;
            }
        }
        return count;
    }

    /** Runs Python with the segment open for reading as {@code fd}. */
    private static String python(PooledTemplate template, String script) throws Exception {
        int number = template.segments().getFirst().number();
        String start = """
                import ctypes, errno, os
                libc = ctypes.CDLL(None, use_errno=True)
                size, address_type = ctypes.c_size_t, ctypes.c_void_p
                libc.mmap.argtypes = [address_type, size, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
                libc.mmap.restype = ctypes.c_size_t
                libc.mprotect.argtypes = [address_type, size, ctypes.c_int]
                libc.madvise.argtypes = [address_type, size, ctypes.c_int]
                libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
                holder_pid, holder_fd = %d, %d
                fd = os.open("/proc/%%d/fd/%%d" %% (holder_pid, holder_fd), os.O_RDONLY)
                """.formatted(ProcessHandle.current().pid(), number);
        Process process = new ProcessBuilder("python3", "-c", start + script)
                .redirectErrorStream(true)
                .start();
        String output;
        try (InputStream stream = process.getInputStream()) {
            output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).describedAs(output).isZero();
        return output;
    }
}
