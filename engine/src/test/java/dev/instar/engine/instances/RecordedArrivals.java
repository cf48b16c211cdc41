package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;

/**
 * 2,000 calls of 20 functions of four tenants within ten minutes, recorded in {@code arrivals.csv}: milliseconds,
 * function, duration in milliseconds. {@link #main} has written it, from seed 2019, in the shape that Shahrad et al.
 * (USENIX ATC 2020) found on Azure: few functions make most of the calls (rates are log-normal), some come on timers,
 * some in bursts, and durations are log-normal with a median below a second.
 */
@NullUnmarked
final class RecordedArrivals {
    private static final long SEED = 2019;
    private static final int CALLS = 2000;
    private static final int FUNCTIONS = 20;
    private static final int TENANTS = 4;
    private static final int MILLIS = 600_000;

    private RecordedArrivals() {}

    record Arrival(long millis, FunctionName function, long durationMillis) {
        String line() {
            return millis + "," + function.namespace() + "/" + function.name() + "," + durationMillis;
        }

        static Arrival parse(String line) {
            String[] fields = line.split(",");
            String[] name = fields[1].split("/");
            return new Arrival(
                    Long.parseLong(fields[0]), new FunctionName(name[0], name[1]), Long.parseLong(fields[2]));
        }
    }

    static List<Arrival> read() throws IOException {
        var resource = Objects.requireNonNull(RecordedArrivals.class.getResourceAsStream("arrivals.csv"));
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
            return reader.lines().map(Arrival::parse).toList();
        }
    }

    static List<Arrival> generate() {
        Random random = new Random(SEED);
        double[] weights = new double[FUNCTIONS];
        double sum = 0;
        for (int i = 0; i < FUNCTIONS; i++) {
            weights[i] = StrictMath.exp(1.5 * random.nextGaussian());
            sum += weights[i];
        }
        List<Arrival> arrivals = new ArrayList<>();
        for (int i = 0; i < FUNCTIONS; i++) {
            FunctionName function = new FunctionName("tenant-" + i % TENANTS, "f" + i);
            double median = 50 * StrictMath.exp(random.nextGaussian());
            int calls = Math.max(3, (int) Math.round(weights[i] / sum * CALLS));
            int kind = i % 5;
            double start = random.nextDouble() * MILLIS / calls;
            double burst = 0;
            for (int call = 0; call < calls; call++) {
                if (call % 25 == 0) {
                    burst = random.nextDouble() * (MILLIS - 2000);
                }
                double at = switch (kind) {
                    case 0 -> start + (double) call * MILLIS / calls;
                    case 1, 2 -> burst + random.nextDouble() * 1500;
                    default -> random.nextDouble() * MILLIS;
                };
                long duration = Math.clamp((long) (median * StrictMath.exp(0.6 * random.nextGaussian())), 1, 20_000);
                arrivals.add(new Arrival((long) at, function, duration));
            }
        }
        arrivals.sort(Comparator.comparingLong(Arrival::millis).thenComparing(Arrival::line));
        return arrivals.subList(0, Math.min(CALLS, arrivals.size()));
    }

    public static void main(String[] arguments) throws IOException {
        Files.write(
                Path.of(arguments[0]), generate().stream().map(Arrival::line).toList(), StandardCharsets.UTF_8);
    }
}
