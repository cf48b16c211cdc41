package dev.instar.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/** Runs a {@link CallLoad}: one platform thread a connection, so that measuring costs as little as it can. */
public final class LoadGenerator {
    private LoadGenerator() {}

    /**
     * What a load came to.
     *
     * @param count calls answered with status 200
     * @param failed calls answered otherwise or not at all
     * @param total time of each successful call
     * @param phases the same for each phase the node reports
     * @param perSecond successful calls for each second
     * @param failures how those that failed were answered
     */
    public record Outcome(
            long count,
            long failed,
            Distribution total,
            Map<String, Distribution> phases,
            double perSecond,
            List<Failures.Group> failures) {
        public Outcome {
            failures = List.copyOf(failures);
        }
    }

    /**
     * Runs the load to its end.
     *
     * @throws IOException if a connection cannot be made
     */
    public static Outcome run(CallLoad load) throws IOException, InterruptedException {
        long counted = System.nanoTime() + load.warmUp().toNanos();
        long end = counted + load.duration().toNanos();
        List<HttpConnection> connections = new ArrayList<>();
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().name("load-", 0).factory())) {
            List<Future<Recording>> recordings = new ArrayList<>();
            for (int i = 0; i < load.connections(); i++) {
                HttpConnection connection = new HttpConnection(load);
                connections.add(connection);
                recordings.add(threads.submit(() -> record(connection, counted, end)));
            }
            Recording all = new Recording();
            for (Future<Recording> recording : recordings) {
                all.add(recording.get());
            }
            return all.outcome(load.duration().toNanos());
        } catch (ExecutionException e) {
            throw new IOException("a connection failed: " + e.getMessage(), e);
        } finally {
            for (HttpConnection connection : connections) {
                connection.close();
            }
        }
    }

    private static Recording record(HttpConnection connection, long counted, long end) throws IOException {
        Recording recording = new Recording();
        for (long begin = System.nanoTime(); begin < end; ) {
            HttpConnection.Answer answer = connection.call();
            long now = System.nanoTime();
            if (begin >= counted) {
                recording.add(answer, now - begin);
            }
            begin = now;
        }
        return recording;
    }

    private static final class Recording {
        private final Histogram total = Distribution.newHistogram();
        private final Map<String, Histogram> phases = new LinkedHashMap<>();
        private final Failures failures = new Failures();

        void add(HttpConnection.Answer answer, long nanos) {
            if (answer.status() != 200) {
                failures.add("status " + answer.status(), answer.text());
                return;
            }
            total.recordValue(nanos);
            answer.phaseNanos().forEach((name, phase) -> phase(name).recordValue(phase));
        }

        void add(Recording other) {
            total.add(other.total);
            other.phases.forEach((name, histogram) -> phase(name).add(histogram));
            other.failures.groups().forEach(failures::add);
        }

        private Histogram phase(String name) {
            return phases.computeIfAbsent(name, any -> Distribution.newHistogram());
        }

        Outcome outcome(long nanos) {
            Map<String, Distribution> distributions = new LinkedHashMap<>();
            phases.forEach((name, histogram) -> distributions.put(name, Distribution.of(histogram)));
            return new Outcome(
                    total.getTotalCount(),
                    failures.count(),
                    Distribution.of(total),
                    distributions,
                    total.getTotalCount() * 1e9 / nanos,
                    failures.groups());
        }
    }
}
