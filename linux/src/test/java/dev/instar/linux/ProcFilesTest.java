package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ProcFilesTest {
    private final ProcFiles proc = new ProcFiles();

    @Property
    void statSurvivesAnyCommandName(
            @ForAll("names") String command,
            @ForAll @IntRange(min = 1) int pid,
            @ForAll @IntRange int parent,
            @ForAll @IntRange(min = 1) int threads,
            @ForAll @LongRange long start) {
        String text = pid + " (" + command + ") S " + parent + " 7 8 0 -1 4194304 102 0 0 0 11 12 0 0 20 0 " + threads
                + " 0 " + start + " 3133440 390\n";
        assertThat(ProcessStat.parse(text))
                .isEqualTo(new ProcessStat(pid, command, 'S', parent, 7, 8, 11, 12, threads, start));
    }

    @Property
    void mountEntriesSurviveAnyPath(@ForAll("paths") String root, @ForAll("paths") String mountPoint) {
        MountEntry entry = new MountEntry(
                36,
                35,
                root,
                Path.of(mountPoint),
                List.of("rw", "noatime"),
                List.of("shared:1", "master:2"),
                "ext4",
                mountPoint,
                List.of("rw", "errors=continue"));
        String line = "36 35 98:0 " + escape(root) + " " + escape(mountPoint) + " rw,noatime shared:1 master:2 - ext4 "
                + escape(mountPoint) + " rw,errors=continue";
        assertThat(MountEntry.parseAll(line + "\n" + line + "\n")).containsExactly(entry, entry);
    }

    @Property
    void garbageIsRefusedOrParsedButNeverBreaks(@ForAll("garbage") String text) {
        for (Runnable parse : List.<Runnable>of(
                () -> ProcessStat.parse(text),
                () -> ProcessStatus.parse(text),
                () -> MemoryRollup.parse(text),
                () -> MountEntry.parseAll(text))) {
            try {
                parse.run();
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageNotContaining("null");
            }
        }
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.strings().withChars("ab )(R0 1\n\\é").ofMaxLength(15);
    }

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.strings()
                .withChars("ab \t\n\\#-é04")
                .ofMinLength(1)
                .ofMaxLength(20)
                .map(text -> "/" + text);
    }

    @Provide
    Arbitrary<String> garbage() {
        return Arbitraries.strings().withChars("1 () -:\t\nkBSRNamePid/\\0").ofMaxLength(120);
    }

    /** As the kernel's mangle_path does. */
    private static String escape(String text) {
        return text.chars()
                .mapToObj(c -> " \t\n\\#".indexOf(c) >= 0 ? String.format("\\%03o", c) : Character.toString(c))
                .collect(Collectors.joining());
    }

    @Test
    void readsARealProcess() throws Exception {
        Process process = new ProcessBuilder("/bin/sleep", "60").start();
        try {
            int pid = Math.toIntExact(process.pid());
            await().until(() -> proc.stat(pid).orElseThrow().command().equals("sleep"));
            ProcessStat stat = proc.stat(pid).orElseThrow();
            ProcessStatus status = proc.status(pid).orElseThrow();
            assertThat(stat.pid()).isEqualTo(pid);
            assertThat((long) stat.parentPid())
                    .isEqualTo(ProcessHandle.current().pid())
                    .isEqualTo(status.parentPid());
            assertThat(stat.threads()).isEqualTo(1).isEqualTo(status.threads());
            assertThat(stat.startTicks())
                    .isGreaterThanOrEqualTo(
                            proc.stat(Math.toIntExact(ProcessHandle.current().pid()))
                                    .orElseThrow()
                                    .startTicks());
            assertThat(status.name()).isEqualTo("sleep");
            assertThat(status.namespacePids()).first().isEqualTo(pid);
            assertThat(status.uids()).hasSize(4);
            assertThat(status.boundingCapabilities()).isNotZero();

            MemoryRollup memory = proc.memory(pid).orElseThrow();
            assertThat(memory.privateBytes() + memory.sharedBytes()).isEqualTo(memory.resident());
            assertThat(memory.proportional()).isBetween(memory.privateBytes(), memory.resident());
            assertThat(memory.anonymous()).isPositive();
            assertThat(proc.mounts(pid).orElseThrow()).isEqualTo(proc.mounts());
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void aProcessThatIsGoneIsEmpty() throws Exception {
        Process process = new ProcessBuilder("/bin/true").start();
        process.waitFor();
        int pid = Math.toIntExact(process.pid());
        assertThat(proc.stat(pid)).isEmpty();
        assertThat(proc.status(pid)).isEmpty();
        assertThat(proc.memory(pid)).isEmpty();
        assertThat(proc.mounts(pid)).isEmpty();
    }

    @Test
    void aProcessMayEndWhileItsLinksAreRead() throws Exception {
        for (int i = 0; i < 200; i++) {
            Process process = new ProcessBuilder("/bin/true").start();
            int pid = Math.toIntExact(process.pid());
            while (process.isAlive()) {
                proc.link(pid, "ns/pid");
            }
            assertThat(proc.link(pid, "ns/pid")).isEmpty();
        }
    }

    @Test
    void aDeadProcessThatNobodyReapsHasNoMemory() throws IOException, InterruptedException {
        Process parent = new ProcessBuilder(
                        "/usr/bin/python3",
                        "-c",
                        "import os\npid = os.fork()\nif pid == 0: os._exit(0)\nprint(pid, flush=True)\ninput()")
                .start();
        try {
            int pid = Integer.parseInt(parent.inputReader().readLine());
            await().until(() -> proc.stat(pid).orElseThrow().state() == 'Z');
            assertThat(proc.memory(pid)).isEmpty();
            assertThat(proc.mounts(pid)).isEmpty();
            assertThat(proc.status(pid)).isPresent();
        } finally {
            parent.destroyForcibly().waitFor();
        }
    }

    @Test
    void findsThisSystemsMounts() {
        assertThat(proc.mounts())
                .anySatisfy(mount -> assertThat(mount.mountPoint()).isEqualTo(Path.of("/")))
                .anySatisfy(mount -> {
                    assertThat(mount.type()).isEqualTo("proc");
                    assertThat(mount.mountPoint()).isEqualTo(Path.of("/proc"));
                });
        assertThatThrownBy(() -> MountEntry.parseAll("36 35 98:0 / / rw - ext4"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
