package dev.instar.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program in a sandbox that reports by its channel; its output and error go elsewhere. */
public final class RunningProgram implements AutoCloseable {
    private static final String END = "\0end";

    private final Sandbox sandbox;
    private final SocketChannel channel;
    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final ConcurrentLinkedQueue<String> output;
    private volatile boolean hasEnded;

    private RunningProgram(Sandbox sandbox, SocketChannel channel, ConcurrentLinkedQueue<String> output) {
        this.sandbox = sandbox;
        this.channel = channel;
        this.output = output;
        Thread.ofVirtual().start(this::read);
    }

    /** Has a program run in a sandbox. */
    public interface Starting {
        /** Returns the engine's end of the program's channel. */
        SocketChannel start(Sandbox sandbox) throws Exception;
    }

    static RunningProgram start(SandboxPool pool, Workload workload) throws Exception {
        return start(pool, sandbox -> sandbox.start(workload).getFirst());
    }

    /** Takes a sandbox and runs something in it. */
    public static RunningProgram start(SandboxPool pool, Starting starting) throws Exception {
        ConcurrentLinkedQueue<String> output = new ConcurrentLinkedQueue<>();
        Sandbox sandbox = pool.acquire((error, line) -> {
            if (output.size() < 1000) {
                output.add(line);
            }
        });
        return new RunningProgram(sandbox, starting.start(sandbox), output);
    }

    private void read() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            // A reset is what a program leaves that ends with unread data; what it wrote before that counts.
            output.add(String.valueOf(e.getMessage()));
        } finally {
            lines.add(END);
            hasEnded = true;
        }
    }

    /** Where it runs. */
    public Sandbox sandbox() {
        return sandbox;
    }

    /** The first lines the program wrote to its output and error. */
    public String output() {
        return String.join("\n", output);
    }

    /** Writes to the program's channel. */
    public void send(String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The next line of the report. */
    public String nextLine() throws InterruptedException {
        String line = lines.poll(20, TimeUnit.SECONDS);
        if (line == null || line.equals(END)) {
            throw new AssertionError("no further line was reported; output:\n" + output());
        }
        return line;
    }

    /**
     * Closes the sandbox of a program that has ended, which closes our end of the channel too: not before what it wrote
     * has been read. Whether that is all, nobody can tell while what it has left running holds the channel.
     */
    public void closeWhenRead() throws InterruptedException {
        int before = -1;
        for (int quiet = 0; quiet < 3 && !hasEnded; quiet = lines.size() == before ? quiet + 1 : 0) {
            before = lines.size();
            Thread.sleep(20);
        }
        sandbox.close();
    }

    /** The whole report, once the program and all that hold its channel have ended. */
    public List<String> allLines() throws InterruptedException {
        List<String> all = new ArrayList<>();
        while (true) {
            String line = lines.poll(20, TimeUnit.SECONDS);
            if (line == null) {
                throw new AssertionError("the report does not end: " + all);
            }
            if (line.equals(END)) {
                return all;
            }
            all.add(line);
        }
    }

    @Override
    public void close() {
        sandbox.close();
    }
}
