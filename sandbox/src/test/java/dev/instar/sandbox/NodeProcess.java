package dev.instar.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A node in a process of its own, to be killed. */
final class NodeProcess {
    private NodeProcess() {}

    /**
     * Starts one; it prints a line when two programs run in its sandboxes and others are ready.
     *
     * @param before a program and its first arguments that is to execute it, if any
     */
    static Process start(Path directory, String... before) throws IOException {
        List<String> command = new ArrayList<>(List.of(before));
        command.addAll(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                NodeProcess.class.getName(),
                directory.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        SandboxFixture fixture = SandboxFixture.open(Path.of(arguments[0]), 2, 4);
        fixture.start(fixture.workload(PoolTracesTest.SLEEP, SandboxFixture.TIGHT))
                .nextLine();
        String line = fixture.start(fixture.workload(PoolTracesTest.SLEEP, SandboxFixture.TIGHT))
                .nextLine();
        while (fixture.pool().ready() < 2) {
            Thread.onSpinWait();
        }
        System.out.println(line);
        // The end of the input is the end of whoever started this.
        System.in.transferTo(java.io.OutputStream.nullOutputStream());
        fixture.close();
    }
}
