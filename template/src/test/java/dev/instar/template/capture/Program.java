package dev.instar.template.capture;

import static org.awaitility.Awaitility.await;

import dev.instar.linux.ProcFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program that answers lines with lines. Its parent is a shell: this process would otherwise wait for it and be told
 * of its stops instead of the tracer.
 */
final class Program implements AutoCloseable {
    private static final String SHELL =
            "exec 3<&0; \"$@\" <&3 3<&- & echo pid $!; exec 3<&- 2>/dev/null; wait $!; exit $?";

    private final Process shell;
    private final BufferedReader output;
    private final OutputStream input;
    private final int pid;

    private Program(Process shell, BufferedReader output, int pid) {
        this.shell = shell;
        this.output = output;
        this.input = shell.getOutputStream();
        this.pid = pid;
    }

    /** Starts a program and waits until it has written {@code ready}. */
    static Program start(String... command) throws Exception {
        List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", SHELL, "-"));
        line.addAll(List.of(command));
        Process shell = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output = shell.inputReader(StandardCharsets.UTF_8);
        int pid = 0;
        boolean ready = false;
        while (pid == 0 || !ready) {
            String read = read(output);
            if (read.startsWith("pid ")) {
                pid = Integer.parseInt(read.substring("pid ".length()));
            } else if (read.equals("ready")) {
                ready = true;
            }
        }
        return new Program(shell, output, pid);
    }

    /** Starts Python, which runs what it is sent. */
    static Program python() throws Exception {
        return start("/usr/bin/python3", resource("agent.py").toString());
    }

    /** Starts Node.js, which evaluates what it is sent. */
    static Program node(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("/usr/bin/node"));
        command.addAll(List.of(options));
        command.add(resource("agent.js").toString());
        return start(command.toArray(String[]::new));
    }

    static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(Program.class.getResource("/capture/" + name))
                .toURI());
    }

    /** Its id. */
    int pid() {
        return pid;
    }

    /** Sends a line and gives the answer. */
    String ask(String question) throws Exception {
        input.write((question + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
        return read(output);
    }

    private static String read(BufferedReader output) throws Exception {
        FutureTask<String> task = new FutureTask<>(output::readLine);
        Thread.ofVirtual().start(task);
        try {
            String line = task.get(20, TimeUnit.SECONDS);
            if (line == null) {
                throw new AssertionError("the program has ended");
            }
            return line;
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("no line from the program", e);
        }
    }

    /** Has Python run some lines. */
    void run(String code) throws Exception {
        String answer = ask(code.strip().replace('\n', '\u001f'));
        if (answer.contains("Error(")) {
            throw new AssertionError(code + ": " + answer);
        }
    }

    /** The answer as a number. */
    long number(String question) throws Exception {
        return Long.parseLong(ask(question));
    }

    /** Stops it with SIGSTOP and waits until all its threads stand still. */
    void freeze() throws Exception {
        new ProcessBuilder("kill", "-STOP", Integer.toString(pid)).start().waitFor();
        ProcFiles proc = new ProcFiles();
        await().until(() -> proc.threads(pid).stream()
                .allMatch(tid -> proc.threadStatus(pid, tid).orElseThrow().state() == 'T'));
    }

    /** Lets it go on after {@link #freeze}. */
    void thaw() throws Exception {
        new ProcessBuilder("kill", "-CONT", Integer.toString(pid)).start().waitFor();
    }

    /** Ends what it has started. */
    void endChildren() {
        ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants).forEach(ProcessHandle::destroyForcibly);
    }

    /** Closes its input and gives its exit status, as the shell has it. */
    int finish() throws IOException, InterruptedException {
        input.close();
        if (!shell.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the program does not end");
        }
        return shell.exitValue();
    }

    @Override
    public void close() {
        if (shell.isAlive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            shell.onExit().orTimeout(20, TimeUnit.SECONDS).join();
        }
    }
}
