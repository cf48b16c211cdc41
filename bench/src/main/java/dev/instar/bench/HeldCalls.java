package dev.instar.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32;

/**
 * As many calls at once as a function has instances, so that each instance answers one. A call is begun without the
 * last byte of its body: it takes an instance and holds it. When all are held, the last bytes are sent.
 */
public final class HeldCalls {
    /** A gateway reads so much of a body before a call takes an instance; the body must be longer. */
    public static final int SHORTEST_BODY = 64 * 1024 + 1;

    private static final int CONNECTS_AT_A_TIME = 32;
    private static final int ENDS_AT_A_TIME = 16;
    private static final long POLL_MILLIS = 100;

    private HeldCalls() {}

    /**
     * What came back.
     *
     * @param answered calls answered with status 200
     * @param failed calls answered otherwise or not at all
     * @param instances how many different instances answered
     * @param alike how many answers had the body that most had
     * @param held whether all calls had an instance before the first was answered
     * @param failures how those that failed were answered
     */
    public record Outcome(
            int answered, int failed, int instances, int alike, boolean held, List<Failures.Group> failures) {
        public Outcome {
            failures = List.copyOf(failures);
        }
    }

    /** What is kept of an answer: bodies may be large, and many. */
    private record Kept(int status, String instance, long checksum, String failure) {
        static Kept of(HttpConnection.Answer answer) {
            CRC32 checksum = new CRC32();
            checksum.update(answer.body());
            return new Kept(
                    answer.status(),
                    answer.headers().getOrDefault("x-instar-instance", ""),
                    checksum.getValue(),
                    answer.status() == 200 ? "" : answer.text());
        }
    }

    /**
     * Makes the calls.
     *
     * @param load what to call; its number of connections is the number of calls
     * @param contentType of the body
     * @param allHeld whether every call has an instance by now
     * @param patience how long to wait for that; then they are ended all the same
     */
    public static Outcome run(CallLoad load, String contentType, BooleanSupplier allHeld, Duration patience)
            throws InterruptedException {
        if (load.body().length < SHORTEST_BODY) {
            throw new IllegalArgumentException("a body of " + load.body().length + " bytes holds no instance");
        }
        byte[] request = HttpConnection.requestOf(load, contentType);
        Semaphore connecting = new Semaphore(CONNECTS_AT_A_TIME);
        Semaphore ending = new Semaphore(ENDS_AT_A_TIME);
        CountDownLatch go = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Kept>> answers = new ArrayList<>();
            for (int i = 0; i < load.connections(); i++) {
                answers.add(threads.submit(() -> hold(load, request, connecting, go, ending)));
            }
            long until = System.nanoTime() + patience.toNanos();
            boolean held = allHeld.getAsBoolean();
            while (!held && System.nanoTime() < until) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                held = allHeld.getAsBoolean();
            }
            go.countDown();
            return outcome(answers, held);
        }
    }

    private static Kept hold(CallLoad load, byte[] request, Semaphore connecting, CountDownLatch go, Semaphore ending)
            throws IOException, InterruptedException {
        connecting.acquire();
        HttpConnection opened;
        try {
            opened = new HttpConnection(load, request);
            opened.begin(request.length - 1);
        } finally {
            connecting.release();
        }
        try (HttpConnection connection = opened) {
            connection.keepBodies();
            go.await();
            ending.acquire();
            try {
                return Kept.of(connection.end(request.length - 1));
            } finally {
                ending.release();
            }
        }
    }

    private static Outcome outcome(List<Future<Kept>> answers, boolean held) throws InterruptedException {
        Failures failures = new Failures();
        Map<String, Integer> byInstance = new HashMap<>();
        Map<Long, Integer> byBody = new HashMap<>();
        for (Future<Kept> each : answers) {
            try {
                Kept answer = each.get();
                if (answer.status() == 200) {
                    byInstance.merge(answer.instance(), 1, Integer::sum);
                    byBody.merge(answer.checksum(), 1, Integer::sum);
                } else {
                    failures.add("status " + answer.status(), answer.failure());
                }
            } catch (ExecutionException e) {
                failures.add("no answer", String.valueOf(e.getCause()));
            }
        }
        int alike = byBody.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        int failed = Math.toIntExact(failures.count());
        return new Outcome(answers.size() - failed, failed, byInstance.size(), alike, held, failures.groups());
    }
}
