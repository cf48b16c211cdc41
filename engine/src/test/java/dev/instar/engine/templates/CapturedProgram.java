package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.sandbox.RunningProgram;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxFixture;
import dev.instar.sandbox.SandboxPool;
import dev.instar.sandbox.Workload;
import dev.instar.template.capture.Capture;
import dev.instar.template.capture.CaptureSettings;
import dev.instar.template.capture.FileDigests;
import dev.instar.template.image.Image;
import dev.instar.template.pool.HugePagePool;
import dev.instar.template.pool.PooledTemplate;
import dev.instar.template.zygote.Zygote;
import dev.instar.template.zygote.ZygoteBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A Python program that was captured in a sandbox as it waited for a message on its channel, and its pages in a pool: a
 * template without an engine around it.
 */
final class CapturedProgram implements AutoCloseable {
    private static final String READY = "ready";

    private final SandboxPool sandboxes;
    private final Workload workload;
    private final Image image;
    private final HugePagePool pool = new HugePagePool(256L << 20, 64);
    private final PooledTemplate pages;

    private CapturedProgram(SandboxPool sandboxes, Workload workload, Image image, Map<String, byte[]> units)
            throws IOException {
        this.sandboxes = sandboxes;
        this.workload = workload;
        this.image = image;
        pages = pool.publish(image, (unit, into) -> into.put(units.get(unit.digest())), "default");
    }

    /**
     * Runs and captures a program.
     *
     * @param source writes a line {@code ready} to descriptor 3 and reads from it
     */
    static CapturedProgram take(SandboxFixture fixture, String source) throws Exception {
        Files.writeString(fixture.code().resolve("captured.py"), source);
        Workload workload = fixture.workload(
                List.of("/usr/bin/python3", "-S", "-B", "/function/captured.py"), SandboxFixture.TIGHT);
        Map<String, byte[]> units = new HashMap<>();
        try (RunningProgram program = RunningProgram.start(
                fixture.pool(), sandbox -> sandbox.start(workload).getFirst())) {
            assertThat(program.nextLine()).isEqualTo(READY);
            Image image = new Capture(CaptureSettings.DEFAULT, new FileDigests())
                    .capture(program.sandbox().pid(), Set.of(0, 1, 2, 3), (start, bytes) -> {
                        byte[] copy = new byte[bytes.remaining()];
                        bytes.get(copy);
                        String digest = HexFormat.of().formatHex(sha256(copy));
                        units.put(digest, copy);
                        return digest;
                    });
            return new CapturedProgram(fixture.pool(), workload, image, units);
        }
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    Image image() {
        return image;
    }

    PooledTemplate pages() {
        return pages;
    }

    /** A zygote of the program. */
    Zygote zygote() throws Exception {
        return zygote(image);
    }

    /** A zygote of an image that is like the program's own but for what has been changed in it. */
    Zygote zygote(Image changed) throws Exception {
        return ZygoteBuilder.build(sandboxes.newZygote(workload), changed, pages);
    }

    /** A clone, which has been sent a message. */
    RunningProgram start(Zygote zygote, boolean ahead, String message) throws Exception {
        return RunningProgram.start(sandboxes, sandbox -> {
            sandbox.seat(workload, zygote, ahead);
            if (ahead) {
                sandbox.settle();
            }
            SocketChannel channel = sandbox.begin().getFirst();
            sandbox.settle();
            awaitAlone(sandbox);
            channel.write(ByteBuffer.wrap(message.getBytes(StandardCharsets.UTF_8)));
            return channel;
        });
    }

    /** The process that waited in the sandbox is killed as the clone settles, and is gone soon afterwards. */
    private static void awaitAlone(Sandbox sandbox) {
        Path processes = Path.of("/proc", Integer.toString(sandbox.pid()), "root", "proc");
        Awaitility.await().until(() -> {
            try (Stream<Path> entries = Files.list(processes)) {
                return entries.filter(entry -> Character.isDigit(
                                        entry.getFileName().toString().charAt(0)))
                                .count()
                        == 2;
            }
        });
    }

    @Override
    public void close() {
        pages.close();
        pool.close();
    }
}
