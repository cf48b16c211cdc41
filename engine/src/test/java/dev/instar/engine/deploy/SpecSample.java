package dev.instar.engine.deploy;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.KeepAlive;
import dev.instar.engine.Priority;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Any valid spec. */
final class SpecSample {
    private static final List<HandlerConvention> HANDLERS = List.of(
            HandlerConvention.AUTO,
            HandlerConvention.OPENFAAS_HTTP,
            HandlerConvention.OPENFAAS_CLASSIC,
            HandlerConvention.LAMBDA,
            HandlerConvention.SEBS);

    private final Random random;

    private SpecSample(Random random) {
        this.random = random;
    }

    static FunctionSpec of(Random random) {
        return new SpecSample(random).spec();
    }

    private FunctionSpec spec() {
        boolean program = random.nextInt(3) == 0;
        long memory = (16L << 20) + random.nextLong(1L << 40);
        int minimum = random.nextInt(5);
        return new FunctionSpec(
                new FunctionName(label(), label()),
                program && random.nextBoolean() ? "" : digest(),
                program ? RuntimeKind.PROGRAM : random.nextBoolean() ? RuntimeKind.NODE : RuntimeKind.PYTHON,
                program
                        ? random.nextBoolean() ? HandlerConvention.WATCHDOG : HandlerConvention.HTTP_SERVER
                        : HANDLERS.get(random.nextInt(HANDLERS.size())),
                text(),
                program ? list(1, this::text) : List.of(),
                map(() -> "V" + random.nextInt(100)),
                List.copyOf(new TreeSet<>(list(0, () -> "s" + random.nextInt(50)))),
                new ResourceLimits(
                        memory,
                        random.nextBoolean()
                                ? OptionalLong.empty()
                                : OptionalLong.of((16L << 20) + random.nextLong(memory - (16L << 20) + 1)),
                        1 + random.nextInt(4096),
                        10 + random.nextInt(1_000_000 - 9),
                        random.nextLong(1L << 30)),
                Duration.ofMillis(1 + random.nextLong(86_400_000)),
                1 + random.nextInt(64),
                random.nextBoolean() ? NetworkMode.NONE : NetworkMode.BRIDGE,
                map(() -> "l" + text()),
                annotations(),
                list(0, this::digest),
                text(),
                list(0, this::text),
                new Scaling(
                        minimum,
                        minimum + 1 + random.nextInt(900),
                        random.nextInt(3) == 0
                                ? KeepAlive.BY_ARRIVALS
                                : new KeepAlive(Duration.ofNanos(random.nextLong(1L << 50)), false),
                        Priority.values()[random.nextInt(3)]),
                list(0, () -> new CronTrigger(random.nextInt(60) + " * * * *", text())),
                random.nextBoolean(),
                random.nextBoolean() ? StartPreference.TEMPLATE : StartPreference.COLD);
    }

    private Map<String, String> annotations() {
        Map<String, String> annotations = map(() -> "a" + text());
        if (random.nextInt(4) == 0) {
            annotations.put(SpecFields.START_ANNOTATION, random.nextBoolean() ? "template" : "cold");
        }
        if (random.nextInt(4) == 0) {
            annotations.put(
                    SpecFields.PRIORITY_ANNOTATION,
                    List.of("high", "normal", "low").get(random.nextInt(3)));
        }
        return annotations;
    }

    private String label() {
        return "f" + Integer.toString(random.nextInt(1 << 20), 36);
    }

    private String digest() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return "sha256:" + HexFormat.of().formatHex(bytes);
    }

    private String text() {
        int[] points = new int[random.nextInt(8)];
        for (int i = 0; i < points.length; i++) {
            int point = 1 + random.nextInt(random.nextBoolean() ? 127 : 0x10ffff);
            points[i] = point >= 0xd800 && point <= 0xdfff ? '"' : point;
        }
        return new String(points, 0, points.length);
    }

    private <T> List<T> list(int least, Supplier<T> item) {
        List<T> list = new ArrayList<>();
        int size = least + random.nextInt(4);
        for (int i = 0; i < size; i++) {
            list.add(item.get());
        }
        return list;
    }

    private Map<String, String> map(Supplier<String> key) {
        Map<String, String> map = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            map.put(key.get(), text());
        }
        return map;
    }
}
