package dev.instar.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.HdrHistogram.Histogram;

/** Many calls of one function at the same moment, each over a connection that was made before. */
public final class Burst {
    private static final int CONNECTS_AT_A_TIME = 32;

    private Burst() {}

    /**
     * What came back. Times are from the moment all calls were let go.
     *
     * @param lastMs until the last answer was complete
     * @param ms until each right answer was complete
     * @param instances how many different instances gave right answers
     * @param starts how many of them found their instance idle, waited for a start of it, and so on, as the node says
     * @param failures calls that were not answered, or not as they should have been
     */
    public record Outcome(
            double lastMs, Distribution ms, int instances, Map<String, Integer> starts, List<Failures.Group> failures) {
        public Outcome {
            failures = List.copyOf(failures);
        }
    }

    private record Reply(HttpConnection.Answer answer, long at) {}

    /**
     * Makes the calls.
     *
     * @param load what to call; its number of connections is the number of calls
     * @param contentType of the body
     * @param expected what each must be answered
     */
    public static Outcome run(CallLoad load, String contentType, byte[] expected) throws InterruptedException {
        byte[] request = HttpConnection.requestOf(load, contentType);
        Semaphore connecting = new Semaphore(CONNECTS_AT_A_TIME);
        CountDownLatch connected = new CountDownLatch(load.connections());
        CountDownLatch go = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Reply>> replies = new ArrayList<>();
            for (int i = 0; i < load.connections(); i++) {
                replies.add(threads.submit(() -> call(load, request, connecting, connected, go)));
            }
            connected.await();
            long begun = System.nanoTime();
            go.countDown();
            return outcome(replies, begun, expected);
        }
    }

    private static Reply call(
            CallLoad load, byte[] request, Semaphore connecting, CountDownLatch connected, CountDownLatch go)
            throws IOException, InterruptedException {
        HttpConnection made = null;
        connecting.acquire();
        try {
            made = new HttpConnection(load, request);
        } finally {
            connecting.release();
            connected.countDown();
        }
        try (HttpConnection connection = made) {
            connection.keepBodies();
            go.await();
            HttpConnection.Answer answer = connection.call();
            return new Reply(answer, System.nanoTime());
        }
    }

    private static Outcome outcome(List<Future<Reply>> replies, long begun, byte[] expected)
            throws InterruptedException {
        Histogram times = Distribution.newHistogram();
        Failures failures = new Failures();
        Set<String> instances = new HashSet<>();
        Map<String, Integer> starts = new TreeMap<>();
        long last = begun;
        for (Future<Reply> each : replies) {
            try {
                Reply reply = each.get();
                HttpConnection.Answer answer = reply.answer();
                last = Math.max(last, reply.at());
                if (answer.status() != 200) {
                    failures.add("status " + answer.status(), answer.text());
                } else if (!Arrays.equals(answer.body(), expected)) {
                    failures.add("wrong answer", answer.text());
                } else {
                    times.recordValue(reply.at() - begun);
                    instances.add(answer.headers().getOrDefault("x-instar-instance", ""));
                    starts.merge(answer.start(), 1, Integer::sum);
                }
            } catch (ExecutionException e) {
                failures.add("no answer", String.valueOf(e.getCause()));
            }
        }
        return new Outcome((last - begun) / 1e6, Distribution.of(times), instances.size(), starts, failures.groups());
    }
}
