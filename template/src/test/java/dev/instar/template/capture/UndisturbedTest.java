package dev.instar.template.capture;

import static dev.instar.linux.Registers.Name.RAX;
import static dev.instar.linux.Registers.Name.RIP;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.linux.MemoryMapping;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.ProcessMemory;
import dev.instar.linux.Registers;
import dev.instar.linux.SystemCallNumbers;
import dev.instar.template.image.Region;
import dev.instar.template.image.ThreadState;
import dev.instar.template.image.ThreadState.RestartableSequence;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A captured process does not notice, whatever its threads were doing. */
class UndisturbedTest {
    private static final String THREADS = """
            import select, struct, threading, time
            buffer = ctypes.create_string_buffer(4096)
            epoll = select.epoll()
            r, w = os.pipe()
            semaphore = -1
            started = {}; results = {}
            long = struct.pack("<qq", 1000, 0)
            def start(name, call):
                def body():
                    started[name] = threading.get_native_id()
                    results[name] = call()
                threading.Thread(target=body, daemon=True).start()
                while name not in started: time.sleep(0.001)
            """;

    /** Long waits in the kernel. Nothing hides an EINTR, as in a C program. */
    private static final Map<String, String> WAITS = Map.ofEntries(
            entry("epoll_wait", "232, epoll.fileno(), buffer, 1, 1000000"),
            entry("epoll_pwait", "281, epoll.fileno(), buffer, 1, 1000000, 0, 8"),
            entry("epoll_pwait2", "441, epoll.fileno(), buffer, 1, long, 0, 8"),
            entry("poll", "7, buffer, 0, 1000000"),
            entry("ppoll", "271, buffer, 0, bytearray_of(long), 0, 8"),
            entry("select", "23, 0, 0, 0, 0, bytearray_of(long)"),
            entry("pselect6", "270, 0, 0, 0, 0, bytearray_of(long), 0"),
            entry("clock_nanosleep", "230, 1, 0, long, 0"),
            entry("nanosleep", "35, long, 0"),
            entry("futex", "202, buffer, 0, 0, long, 0, 0"),
            entry("rt_sigtimedwait", "128, struct.pack('<Q', 1 << 40), 0, long, 8"),
            entry("semtimedop", "220, semaphore, struct.pack('<hhh', 0, -1, 0), 1, long"));

    /** Once these have been interrupted, the kernel continues them in a way that only the same thread can. */
    private static final Set<String> CONTINUED = Set.of("clock_nanosleep", "nanosleep", "poll", "futex");

    @Test
    void waitsGoOnAndAreIssuedAgainInAClone() throws Exception {
        try (Program program = Program.python()) {
            program.run(THREADS);
            program.run(
                    "bytearray_of = lambda b: ctypes.create_string_buffer(b, 16); semaphore = call(64, 0, 1, 0o600)");
            try {
                Map<String, Integer> threads = new HashMap<>();
                for (Map.Entry<String, String> wait : WAITS.entrySet()) {
                    program.run("start('" + wait.getKey() + "', lambda: call(" + wait.getValue() + "))");
                    int tid = (int) program.number("started['" + wait.getKey() + "']");
                    awaitCall(program, tid, SystemCallNumbers.of(wait.getKey()));
                    threads.put(wait.getKey(), tid);
                }
                for (int i = 0; i < 3; i++) {
                    Taken taken = Taken.from(program);
                    for (String wait : WAITS.keySet()) {
                        int tid = threads.get(wait);
                        long rax = i > 0 && CONTINUED.contains(wait) ? -4 : SystemCallNumbers.of(wait);
                        assertIssuesAgain(taken, taken.thread(tid), rax);
                        awaitCall(program, tid, SystemCallNumbers.of(wait), SystemCallNumbers.of("restart_syscall"));
                    }
                    assertThat(program.ask("results")).isEqualTo("{}");
                }
            } finally {
                program.ask("call(66, semaphore, 0, 0)");
            }
        }
    }

    @Test
    void readsThatWaitForEverGoOn() throws Exception {
        try (Program program = Program.python()) {
            program.run(THREADS);
            program.run("start('read', lambda: call(0, r, buffer, 10))");
            int tid = (int) program.number("started['read']");
            awaitCall(program, tid, 0);
            for (int i = 0; i < 5; i++) {
                Taken taken = Taken.from(program);
                assertIssuesAgain(taken, taken.image().threads().get(1), 0);
            }
            assertThat(program.ask("os.write(w, b'abc')")).isEqualTo("3");
            await().until(() -> program.number("len(results)") == 1);
            assertThat(program.number("results['read']")).isEqualTo(3);
        }
    }

    @Test
    void aStoppedProcessStaysStoppedAndIsTheSameToTheByte() throws Exception {
        try (Program program = Program.python()) {
            program.run(THREADS);
            program.run("start('read', lambda: call(0, r, buffer, 10))");
            awaitCall(program, (int) program.number("started['read']"), 0);
            List<RestartableSequence> rseqs = Taken.from(program).image().threads().stream()
                    .map(ThreadState::rseq)
                    .toList();
            program.freeze();
            List<String> before = everything(program, rseqs);

            Taken.from(program);

            assertThat(everything(program, rseqs)).containsExactlyElementsOf(before);
            assertThat(new ProcFiles()
                            .threadStatus(program.pid(), program.pid())
                            .orElseThrow()
                            .state())
                    .isEqualTo('T');
            program.thaw();
            assertThat(program.ask("6 * 7")).isEqualTo("42");
        }
    }

    @Test
    void aThreadThatComputesGoesOnComputing() throws Exception {
        try (Program program = Program.python()) {
            program.run("""
                    import hashlib, threading
                    rounds = [0, 0]
                    block = bytes(1 << 20)
                    expected = hashlib.sha256(block).digest()
                    def compute():
                        while True:
                            rounds[0] += 1
                            if hashlib.sha256(block).digest() != expected:
                                rounds[1] += 1
                    threading.Thread(target=compute, daemon=True).start()
                    """);
            for (int i = 0; i < 20; i++) {
                Taken.from(program);
            }
            long rounds = program.number("rounds[0]");
            await().until(() -> program.number("rounds[0]") > rounds);
            assertThat(program.number("rounds[1]")).isZero();
        }
    }

    /** A sequence that spins, and whose abort handler begins it again: the thread is in it whenever it is stopped. */
    @Test
    void aRestartableSequenceContinuesAtItsAbortHandler() throws Exception {
        try (Program program = Program.python()) {
            program.run("""
                    import struct, threading
                    at = call(9, 0, 4096, 7, 0x22, -1, 0)
                    offset = ctypes.c_long.in_dll(libc, "__rseq_offset").value + 8
                    ctypes.memmove(at, struct.pack("<IIQQQ", 0, 0, at + 0x57, 2, at + 0x44), 32)
                    # The signature; mov rax, at; mov fs:[offset], rax; jmp to itself
                    code = bytes.fromhex("53300553 48b8") + at.to_bytes(8, "little")
                    code += bytes.fromhex("6448890425") + struct.pack("<i", offset) + bytes.fromhex("ebfe")
                    ctypes.memmove(at + 0x40, code, len(code))
                    thread = threading.Thread(target=ctypes.CFUNCTYPE(None)(at + 0x44), daemon=True); thread.start()
                    ticks = lambda: int(open(f"/proc/self/task/{thread.native_id}/stat").read().split()[13])
                    while ticks() < 3: pass
                    """);
            int tid = (int) program.number("thread.native_id");
            long at = program.number("at");
            for (int i = 0; i < 10; i++) {
                Registers registers =
                        Registers.of(Taken.from(program).thread(tid).registers().toArray());
                assertThat(registers.get(RIP)).isBetween(at + 0x44, at + 0x56);
            }
            long ticks = program.number("ticks()");
            await().until(() -> program.number("ticks()") > ticks);
        }
    }

    @Test
    void handlersAndIgnoredSignalsAreNotTouched() throws Exception {
        try (Program program = Program.python()) {
            program.run("""
                    import signal
                    seen = []
                    signal.signal(signal.SIGTRAP, signal.SIG_IGN)
                    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
                    """);
            String before = program.ask("[l for l in open('/proc/self/status') if l.startswith('Sig')][2:]");

            Taken.from(program);

            assertThat(program.ask("[l for l in open('/proc/self/status') if l.startswith('Sig')][2:]"))
                    .isEqualTo(before);
            program.ask("signal.raise_signal(signal.SIGUSR1)");
            assertThat(program.ask("seen")).isEqualTo("[10]");
            program.ask("signal.raise_signal(signal.SIGTRAP)");
            assertThat(program.ask("6 * 7")).isEqualTo("42");
        }
    }

    @Test
    void nodeServesOnWithItsThreadPoolAndWorkers() throws Exception {
        try (Program program = Program.node()) {
            program.ask("const {Worker} = require('worker_threads'); globalThis.answers = [];"
                    + "globalThis.w = new Worker('const p = require(\"worker_threads\").parentPort;"
                    + "p.on(\"message\", m => p.postMessage(m * 2))', {eval: true});"
                    + "w.on('message', m => answers.push(m)); w.postMessage(1); 1");
            await().until(() -> program.ask("answers.length").equals("1"));
            program.ask("require('crypto').pbkdf2('a', 'b', 1, 8, 'sha1', () => answers.push(0)); 1");
            await().until(() -> program.ask("answers.length").equals("2"));
            for (int i = 0; i < 3; i++) {
                assertThat(Taken.from(program).image().threads()).hasSizeGreaterThan(10);
            }
            program.ask("w.postMessage(21); 1");
            await().until(() -> program.ask("answers.at(-1)").equals("42"));
            assertThat(program.ask("require('child_process').execFileSync('/bin/echo', ['x']).length"))
                    .isEqualTo("2");
        }
    }

    private static void awaitCall(Program program, int tid, Integer... numbers) {
        Path file = Path.of("/proc/" + program.pid() + "/task/" + tid + "/syscall");
        await().until(() -> {
            String call = Files.readString(file).split(" ", 2)[0].strip();
            return Arrays.stream(numbers).anyMatch(number -> call.equals(number.toString()));
        });
    }

    /** The registers stand on an instruction for system calls, with the call's number, or behind it with a result. */
    private static void assertIssuesAgain(Taken taken, ThreadState thread, long rax) throws Exception {
        Registers registers = Registers.of(thread.registers().toArray());
        assertThat(registers.get(RAX)).isEqualTo(rax);
        long instruction = registers.get(RIP) - (rax < 0 ? 2 : 0);
        Region.FileMapping text = (Region.FileMapping) taken.at(instruction);
        byte[] file = Files.readAllBytes(Path.of(text.path()));
        int offset = Math.toIntExact(text.offset() + instruction - text.start());
        assertThat(HexFormat.of().formatHex(file, offset, offset + 2)).isEqualTo("0f05");
    }

    /**
     * Memory, waits, masks and mappings of a process that stands still. Without the areas of restartable sequences,
     * where the kernel writes which processor a thread is on.
     */
    private static List<String> everything(Program program, List<RestartableSequence> rseqs) throws Exception {
        ProcFiles proc = new ProcFiles();
        List<String> all = new ArrayList<>();
        try (ProcessMemory memory = ProcessMemory.open(program.pid())) {
            for (MemoryMapping mapping : proc.mappings(program.pid()).orElseThrow()) {
                if (!mapping.name().startsWith("[v") && mapping.length() < 64 << 20) {
                    byte[] bytes = memory.read(mapping.start(), Math.toIntExact(mapping.length()));
                    for (RestartableSequence rseq : rseqs) {
                        if (mapping.start() <= rseq.address() && rseq.address() < mapping.end()) {
                            int at = Math.toIntExact(rseq.address() - mapping.start());
                            Arrays.fill(bytes, at, at + rseq.size(), (byte) 0);
                        }
                    }
                    all.add(Long.toHexString(mapping.start()) + " " + mapping.protection() + " " + mapping.name() + " "
                            + HexFormat.of()
                                    .formatHex(
                                            MessageDigest.getInstance("SHA-256").digest(bytes)));
                }
            }
        }
        for (int tid : proc.threads(program.pid())) {
            Path task = proc.file(program.pid(), "task/" + tid);
            all.add(Files.readString(task.resolve("syscall")));
            Files.readAllLines(task.resolve("status")).stream()
                    .filter(line -> line.startsWith("Sig") || line.startsWith("Shd") || line.startsWith("Tracer"))
                    .forEach(all::add);
        }
        return all;
    }
}
