package dev.instar.engine.instances;

import com.sun.management.OperatingSystemMXBean;
import dev.instar.engine.Call;
import dev.instar.engine.FunctionName;
import dev.instar.engine.Reply;
import dev.instar.runtime.Channel;
import dev.instar.runtime.EventForm;
import dev.instar.runtime.HandlerReply;
import dev.instar.runtime.HeaderField;
import dev.instar.runtime.InvokeHead;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;

/**
 * What a warm call costs, with a Python shim in a plain process: through the engine, and over the bare channel to the
 * same instance, so that the difference is the engine's own share. Run as a program; arguments: seconds per
 * measurement.
 */
@NullUnmarked
final class WarmPathBenchmark {
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final byte[] BODY = "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    private static final Reply DROPPED = (_, _, _, _) -> OutputStream.nullOutputStream();

    private WarmPathBenchmark() {}

    private interface Load {
        void callOnce() throws IOException;
    }

    public static void main(String[] arguments) throws Exception {
        Duration each = Duration.ofSeconds(arguments.length > 0 ? Long.parseLong(arguments[0]) : 5);
        Path directory = Files.createTempDirectory("warm");
        try (InstancesFixture node = new InstancesFixture(
                directory, Long.MAX_VALUE / 2, 256, Duration.ofSeconds(10), Duration.ofSeconds(1))) {
            node.deploy(
                    "noop",
                    "def handle(event, context):\n    return {'statusCode': 200, 'body': event.body}\n",
                    specs -> specs.scaling(16, 16, Duration.ofMinutes(5)));
            org.awaitility.Awaitility.await().until(() -> node.status("noop").idle() == 16);
            deadlines(each);
            for (int round = 0; round < 3; round++) {
                measure(
                        "engine, 1 caller",
                        1,
                        each,
                        i -> () -> node.instances.invoker().invoke(call(), DROPPED));
                measure(
                        "engine, 16 callers",
                        16,
                        each,
                        i -> () -> node.instances.invoker().invoke(call(), DROPPED));
                bareChannel(node, each);
            }
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(java.util.Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    private static Call call() {
        return new Call(
                "id",
                FunctionName.parse("noop"),
                "POST",
                "/",
                "",
                List.of(
                        new HeaderField("Host", "localhost"),
                        new HeaderField("User-Agent", "benchmark"),
                        new HeaderField("Accept", "*/*")),
                "127.0.0.1",
                new ByteArrayInputStream(BODY),
                BODY.length);
    }

    private static void bareChannel(InstancesFixture node, Duration each) throws Exception {
        InstancePool pool = node.pool("noop");
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            slots.add(pool.takeIdle());
        }
        measure(
                "bare channel, 1 caller",
                1,
                each,
                i -> () -> exchange(slots.get(i).channel()));
        measure(
                "bare channel, 16 callers",
                16,
                each,
                i -> () -> exchange(slots.get(i).channel()));
        slots.forEach(pool::release);
    }

    private static void exchange(Channel channel) throws IOException {
        InvokeHead head = InvokeHeads.of(call(), 1_000_000_000L);
        channel.sendInvoke(
                new InvokeHead(
                        head.callId(),
                        head.method(),
                        head.path(),
                        head.query(),
                        head.remoteAddress(),
                        head.deadline(),
                        EventForm.HTTP,
                        head.headers()),
                new ByteArrayInputStream(BODY),
                BODY.length);
        HandlerReply reply = (HandlerReply) channel.receive();
        reply.body().transferTo(OutputStream.nullOutputStream());
        channel.finish();
    }

    private static void deadlines(Duration each) {
        Deadlines deadlines = new Deadlines(_ -> {});
        Slot slot = new Slot(null, null);
        long count = 0;
        long began = System.nanoTime();
        while (System.nanoTime() - began < each.toNanos() / 5) {
            for (int i = 0; i < 1000; i++) {
                deadlines.arm(slot, NanoTime.now() + 60_000_000_000L);
                slot.disarm();
            }
            count += 1000;
        }
        System.out.printf("deadline, arm and disarm: %.0f ns%n", (System.nanoTime() - began) / (double) count);
        deadlines.close();
    }

    private interface Loads {
        Load of(int caller);
    }

    private static void measure(String name, int callers, Duration each, Loads loads) throws Exception {
        long[][] taken = new long[callers][];
        long cpu = PROCESS.getProcessCpuTime();
        long began = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            int caller = i;
            Load load = loads.of(caller);
            threads.add(Thread.ofVirtual().start(() -> taken[caller] = run(load, began + each.toNanos())));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        long[] all = Arrays.stream(taken).flatMapToLong(Arrays::stream).sorted().toArray();
        System.out.printf(
                "%-26s %8.0f calls/s  p50 %6.1f µs  p99 %7.1f µs  JVM %5.1f µs CPU a call%n",
                name,
                all.length / seconds,
                all[all.length / 2] / 1e3,
                all[all.length * 99 / 100] / 1e3,
                (PROCESS.getProcessCpuTime() - cpu) / 1e3 / all.length);
    }

    private static long[] run(Load load, long until) {
        long[] taken = new long[1 << 20];
        int count = 0;
        try {
            for (long now = System.nanoTime(); now < until && count < taken.length; count++) {
                load.callOnce();
                long after = System.nanoTime();
                taken[count] = after - now;
                now = after;
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return Arrays.copyOf(taken, count);
    }
}
