package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hands compiled filters to this machine's kernel, in a Python process that then tries calls. */
class SeccompInstallTest {
    private static final int SIGSYS = 31;
    private static final String INSTALL = """
            import ctypes, errno, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            class Program(ctypes.Structure):
                _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]
            code = open(sys.argv[1], 'rb').read()
            program = Program(len(code) // 8, code)
            def call(number, *arguments):
                ctypes.set_errno(0)
                result = libc.syscall(ctypes.c_long(number), *[ctypes.c_ulong(a) for a in arguments])
                return 'ok' if result >= 0 else errno.errorcode[ctypes.get_errno()]
            assert libc.prctl(38, 1, 0, 0, 0) == 0
            assert libc.syscall(317, 1, 0, ctypes.byref(program)) == 0, os.strerror(ctypes.get_errno())
            """;

    @TempDir
    private Path directory;

    @Test
    void theKernelDecidesAsTheRulesSay() throws Exception {
        SeccompFilter filter = SeccompFilter.builder(SeccompAction.ALLOW)
                .rule("getppid", SeccompAction.errno(1))
                .rule("sysinfo", SeccompAction.errno(38))
                .rule("getpgid", SeccompAction.ALLOW, ArgumentCondition.intEqual(0, 0))
                .rule("getpgid", SeccompAction.errno(3))
                .rule("getsid", SeccompAction.errno(13), ArgumentCondition.masked(0, 1L << 40, 1L << 40))
                .build();
        Result result = run(filter, """
                print(call(110), call(99), call(121, 0), call(121, 1), call(121, 1 << 32),
                      call(124, 0), call(124, 1 << 40), call(39), call(39 | 0x40000000))
                """);
        assertThat(result.output()).isEqualToIgnoringWhitespace("EPERM ENOSYS ok ESRCH ok ok EACCES ok ENOSYS");
        assertThat(result.status()).isZero();
    }

    @Test
    void killEndsTheProcessAtOnce() throws Exception {
        SeccompFilter filter = SeccompFilter.builder(SeccompAction.ALLOW)
                .rule("getppid", SeccompAction.KILL_PROCESS)
                .build();
        Result result = run(filter, "print('before', flush=True); call(110); print('after')");
        assertThat(result.output()).isEqualToIgnoringWhitespace("before");
        // Java reports death by a signal as 128 plus its number.
        assertThat(result.status()).isEqualTo(128 + SIGSYS);
    }

    private record Result(int status, String output) {}

    private Result run(SeccompFilter filter, String script) throws IOException, InterruptedException {
        Path program = Files.write(directory.resolve("filter.bpf"), filter.toBytes());
        Process process = new ProcessBuilder("/usr/bin/python3", "-c", INSTALL + script, program.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }
}
