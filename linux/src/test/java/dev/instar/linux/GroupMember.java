package dev.instar.linux;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A Python process that joins a control group, says so, and then runs a script. */
final class GroupMember implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    GroupMember(ControlGroup group, String script) throws IOException {
        String join = group.joinFiles().stream()
                .map(file -> "open('" + file + "', 'w').write('0')\n")
                .collect(Collectors.joining());
        List<String> command = new ArrayList<>(List.of("/usr/bin/python3", "-c"));
        command.add("import os, sys, time\n" + join + "print('joined', flush=True)\n" + script);
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        output = process.inputReader();
        String first = output.readLine();
        if (!"joined".equals(first)) {
            throw new IOException(
                    "the process could not join: " + first + output.lines().toList());
        }
    }

    int pid() {
        return Math.toIntExact(process.pid());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String readLine() throws IOException {
        return output.readLine();
    }

    void write(String line) throws IOException {
        process.outputWriter().write(line + "\n");
        process.outputWriter().flush();
    }

    /** The exit status; 128 plus the signal for a process that one ended. */
    int await() throws InterruptedException {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the process is still running");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
