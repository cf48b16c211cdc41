package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.SeccompFilter;
import dev.instar.linux.SystemCallNumbers;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs real programs under the policy, on this machine's kernel. Every call tried here is harmless if it succeeds. */
class SystemCallPolicyTest {
    private static final String PYTHON = "/usr/bin/python3";
    private static final int KILLED_BY_FILTER = 128 + 31;

    @TempDir
    private Path directory;

    private Path filter;

    @BeforeEach
    void writeFilter() throws IOException {
        filter = Files.write(
                directory.resolve("filter.bpf"), SystemCallPolicy.filter().toBytes());
    }

    @ParameterizedTest
    @CsvSource({
        PYTHON + ",everyday.py,'files,threads,processes,signals,network,system,libraries,loop'",
        "/usr/bin/node,everyday.js,'files,workers,processes,network,system'",
        "/bin/bash,everyday.sh,'pipes,files,jobs,tools'",
    })
    void everydayProgramsWork(String program, String script, String parts) throws Exception {
        Result result = run(program, workload(script).toString());
        assertThat(result.output().lines()).containsExactly(parts.split(","));
        assertThat(result.status()).isZero();
    }

    /** Arguments are chosen to be invalid: without the filter each of these fails otherwise, or not at all. */
    @Test
    void refusedCallsAnswerAsSpecified() throws Exception {
        Map<String, String> expected = new TreeMap<>();
        for (String name : List.of(
                "ptrace,99",
                "process_vm_readv,1",
                "process_vm_writev,1",
                "pidfd_getfd,-1",
                "kcmp,1",
                "bpf,99",
                "perf_event_open,0",
                "userfaultfd,-1",
                "keyctl,-1",
                "add_key,0",
                "request_key,0",
                "mount,0",
                "umount2,0",
                "open_tree,-1",
                "move_mount,-1",
                "fsopen,0",
                "fsconfig,-1",
                "fsmount,-1",
                "fspick,-1",
                "mount_setattr,-1",
                "setns,-1",
                "unshare,0",
                "open_by_handle_at,-1",
                "name_to_handle_at,-1",
                "settimeofday,1",
                "clock_settime,99",
                "adjtimex,0",
                "acct,1",
                "quotactl,0",
                "chroot,0",
                "pivot_root,0",
                "fanotify_init,-1",
                "personality,0",
                "prctl,35",
                "prctl,22,2",
                "seccomp,1,8",
                // Each namespace flag alone, then all.
                "clone,0x20000,1",
                "clone,0x2000000,1",
                "clone,0x4000000,1",
                "clone,0x8000000,1",
                "clone,0x10000000,1",
                "clone,0x20000000,1",
                "clone,0x40000000,1",
                "clone,0x7E020000,1",
                // The kernel takes these requests as 32 bits, so the same with a bit set above must not get past.
                "ioctl,-1,0x5412",
                "ioctl,-1,0xff00005412",
                "ioctl,-1,0x541C",
                "ioctl,-1,0x5423",
                "setsockopt,-1,1,26",
                "setsockopt,-1,1,50",
                "setsockopt,-1,0x100000001,26",
                // A character device, a block device.
                "mknod,0,0x2000",
                "mknodat,-1,0,0x6000")) {
            expected.put(name, "EPERM");
        }
        for (String name : List.of(
                "io_uring_setup,0",
                "io_uring_enter,-1",
                "io_uring_register,-1",
                "clone3,0",
                "memfd_secret,-1",
                "modify_ldt,99")) {
            expected.put(name, "ENOSYS");
        }
        // AF_PACKET, AF_ALG, AF_VSOCK, netlink other than routing; a pair that is not local.
        for (String name : List.of("socket,17,3", "socket,38,5", "socket,40,1", "socket,16,3,12", "socketpair,2,1")) {
            expected.put(name, "EAFNOSUPPORT");
        }
        assertThat(answers(expected.keySet().stream().toList())).containsExactlyInAnyOrderEntriesOf(expected);
    }

    @Test
    void harmlessFormsOfCheckedCallsPass() throws Exception {
        Map<String, String> expected = new TreeMap<>(Map.of(
                "socket,16,3,0", "ok",
                "socket,0x500000002,1,0", "ok",
                "personality,0xffffffff", "ok",
                "prctl,3", "ok",
                "prctl,47,1,0,0,0", "ok",
                "ioctl,-1,0x5413", "EBADF",
                "setsockopt,-1,1,9", "EBADF",
                "mknod,0,0x1000", "EFAULT",
                "seccomp,2,0,0", "EFAULT"));
        assertThat(answers(expected.keySet().stream().toList())).containsExactlyInAnyOrderEntriesOf(expected);
    }

    /** With invalid arguments, so that a filter that let one through would show an error and not a catastrophe. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "init_module,0,0,0", "finit_module,-1,0,0", "delete_module,0,0", "kexec_load,0,0,0,-1",
                "kexec_file_load,-1,-1,0,0,-1", "reboot,0,0,0", "swapon,0,0", "swapoff,0"
            })
    void hostileCallsEndTheProcess(String call) throws Exception {
        Result result = run(callCommand(List.of("getpid", call, "getpid")));
        assertThat(result.output().lines()).containsExactly("ok");
        assertThat(result.status()).isEqualTo(KILLED_BY_FILTER);
    }

    @Test
    void callsOfOlderKindsAnswerNothing() throws Exception {
        // The same number with the x32 bit, and numbers that no kernel has given out yet.
        assertThat(answers(List.of("0x40000027", "600", "999999")).values()).containsOnly("ENOSYS");
    }

    @Test
    void theFilterIsSmall() {
        assertThat(SystemCallPolicy.filter().length()).isLessThan(SeccompFilter.MAX_INSTRUCTIONS / 8);
    }

    private Map<String, String> answers(List<String> calls) throws Exception {
        Result result = run(callCommand(calls));
        assertThat(result.status()).as(result.output()).isZero();
        List<String> lines = result.output().lines().toList();
        assertThat(lines).hasSameSizeAs(calls);
        Map<String, String> answers = new TreeMap<>();
        for (int i = 0; i < calls.size(); i++) {
            answers.put(calls.get(i), lines.get(i));
        }
        return answers;
    }

    private static String[] callCommand(List<String> calls) throws URISyntaxException {
        List<String> command =
                new ArrayList<>(List.of(PYTHON, workload("call.py").toString()));
        for (String call : calls) {
            String[] words = call.split(",", 2);
            String number =
                    Character.isDigit(words[0].charAt(0)) ? words[0] : Integer.toString(SystemCallNumbers.of(words[0]));
            command.add(words.length == 1 ? number : number + "," + words[1]);
        }
        return command.toArray(String[]::new);
    }

    private record Result(int status, String output) {}

    private Result run(String... command) throws IOException, InterruptedException, URISyntaxException {
        List<String> filtered =
                new ArrayList<>(List.of(PYTHON, workload("under_filter.py").toString(), filter.toString()));
        filtered.addAll(List.of(command));
        Path work = Files.createTempDirectory(directory, "work");
        ProcessBuilder builder =
                new ProcessBuilder(filtered).directory(work.toFile()).redirectErrorStream(true);
        builder.environment().put("TMPDIR", work.toString());
        Process process = builder.start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return new Result(process.exitValue(), output);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Path workload(String name) throws URISyntaxException {
        return Path.of(
                SystemCallPolicyTest.class.getResource("/workloads/" + name).toURI());
    }
}
