package dev.instar.cli.bench;

import dev.instar.bench.Environment;
import dev.instar.bench.Failures;
import dev.instar.cli.CommandException;
import dev.instar.cli.Progress;
import dev.instar.cli.TemporaryDirectory;
import dev.instar.engine.SandboxReuse;
import dev.instar.engine.StartPreference;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Many calls of more functions than there may be instances, so that instances are ended for others all the time, and
 * what the node holds of the machine meanwhile.
 */
public final class SoakBenchmark {
    /** How much rarer each function is called than the one before: the first is hot, most are rare. */
    private static final double SKEW = 1.1;

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration TELL = Duration.ofSeconds(10);

    private final BenchNode node;
    private final Progress quiet;
    private final Size size;
    private final Consumer<String> messages;

    /**
     * How much is to be done.
     *
     * @param calls how many, all together
     * @param functions how many
     * @param connections calls at a time
     * @param instances how many the functions may have at a time, all together; at least one for each namespace
     * @param seed of the calls' distribution
     * @param sampling time between samples of what the node holds
     */
    public record Size(int calls, int functions, int connections, int instances, long seed, Duration sampling) {
        /** The least number of instances. */
        public static final int LEAST_INSTANCES = SoakFunction.namespaces().size();
    }

    /** What came of the calls. Thread-safe. */
    private static final class Tally {
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final Failures failures = new Failures();
        private final Map<String, Integer> starts = new ConcurrentHashMap<>();
    }

    /**
     * Nothing is deployed yet.
     *
     * @param node one of our own
     * @param quiet swallows what deploying says
     * @param messages told what has been done
     */
    public SoakBenchmark(BenchNode node, Progress quiet, Size size, Consumer<String> messages) {
        this.node = node;
        this.quiet = quiet;
        this.size = size;
        this.messages = messages;
    }

    /** Deploys the functions, makes the calls and removes the functions. */
    public SoakReport run() throws IOException {
        Environment environment = Environment.current();
        List<SoakFunction> functions =
                IntStream.range(0, size.functions()).mapToObj(SoakFunction::new).toList();
        int ready = node.readySandboxes();
        NodeCensus before = node.census();
        messages.accept("deploying " + functions.size() + " functions");
        deploy(functions);
        Tally tally = new Tally();
        SoakSamples samples = new SoakSamples();
        long begun = System.nanoTime();
        call(functions, tally, samples);
        double seconds = (System.nanoTime() - begun) / 1e9;
        Map<String, Integer> ends = node.instanceEnds();
        SandboxReuse reuse = node.sandboxReuse();
        messages.accept("removing the functions");
        functions.forEach(function -> node.remove(function.address()));
        NodeCensus after = settled(before, ready);
        long failed = tally.failures.count();
        return new SoakReport(
                environment,
                size.functions(),
                size.connections(),
                size.instances(),
                size.seed(),
                seconds,
                size.calls() - failed,
                failed,
                tally.failures.groups(),
                Map.copyOf(tally.starts),
                ends,
                reuse,
                samples.measures(before, after),
                node.complaints());
    }

    private void deploy(List<SoakFunction> functions) throws IOException {
        List<String> namespaces = SoakFunction.namespaces();
        for (int i = 0; i < namespaces.size(); i++) {
            int share = size.instances() / namespaces.size() + (i < size.instances() % namespaces.size() ? 1 : 0);
            node.createNamespace(namespaces.get(i), share);
        }
        try (TemporaryDirectory folder = TemporaryDirectory.create("instar-soak-")) {
            for (SoakFunction function : functions) {
                deploy(function, folder.path());
            }
        }
        for (SoakFunction function : functions) {
            Optional<String> refusal = node.templateRefusal(function.address());
            if (refusal.isPresent() && function.start() == StartPreference.TEMPLATE) {
                throw CommandException.failed("no template for " + function.address() + ": " + refusal.get());
            }
        }
    }

    private void deploy(SoakFunction function, Path folder) throws IOException {
        function.write(folder);
        node.deployIn(function.namespace(), quiet, folder, function.name(), function.start());
    }

    private void call(List<SoakFunction> functions, Tally tally, SoakSamples samples) {
        double[] upTo = distribution(functions.size());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> callers = new ArrayList<>();
            for (int i = 0; i < size.connections(); i++) {
                SplittableRandom random = new SplittableRandom(size.seed() * 1_000_003 + i);
                callers.add(threads.submit(() -> call(functions, upTo, random, tally)));
            }
            long told = System.nanoTime();
            for (Future<?> caller : callers) {
                while (!isDone(caller)) {
                    int done = tally.done.get();
                    samples.add((double) done / size.calls(), node.census());
                    if (System.nanoTime() - told > TELL.toNanos()) {
                        told = System.nanoTime();
                        messages.accept(done + " of " + size.calls() + " calls, " + tally.failures.count() + " failed");
                    }
                }
            }
        }
    }

    private boolean isDone(Future<?> caller) {
        try {
            caller.get(size.sampling().toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (ExecutionException e) {
            throw CommandException.failed("the calls broke off: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    private void call(List<SoakFunction> functions, double[] upTo, SplittableRandom random, Tally tally) {
        while (tally.next.getAndIncrement() < size.calls()) {
            SoakFunction function = functions.get(choose(upTo, random.nextDouble()));
            call(function, random.nextInt(SoakFunction.entries()), tally);
            tally.done.incrementAndGet();
        }
    }

    private void call(SoakFunction function, int entry, Tally tally) {
        BenchNode.Answer answer;
        try {
            answer = node.call(function.address(), Integer.toString(entry));
        } catch (CommandException e) {
            tally.failures.add("no answer", function.address() + ": " + e.getMessage());
            return;
        }
        if (answer.status() != 200) {
            tally.failures.add("status " + answer.status(), function.address() + ": " + answer.body());
        } else if (!answer.body().equals(function.answer(entry))) {
            tally.failures.add(
                    "wrong answer",
                    function.address() + ": \"" + answer.body() + "\" for \"" + function.answer(entry) + "\"");
        } else {
            tally.starts.merge(answer.start(), 1, Integer::sum);
        }
    }

    /** For each function the part of all calls that are of it or of one before it. */
    private static double[] distribution(int functions) {
        double[] upTo = new double[functions];
        double sum = 0;
        for (int i = 0; i < functions; i++) {
            sum += Math.pow(i + 1, -SKEW);
            upTo[i] = sum;
        }
        for (int i = 0; i < functions; i++) {
            upTo[i] /= sum;
        }
        return upTo;
    }

    private static int choose(double[] upTo, double number) {
        int i = 0;
        while (i < upTo.length - 1 && number >= upTo[i]) {
            i++;
        }
        return i;
    }

    /** What the node holds when what has been removed is gone and as many sandboxes are prepared as before. */
    private NodeCensus settled(NodeCensus before, int ready) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            NodeCensus now = node.census();
            boolean restored = node.readySandboxes() == ready && SoakSamples.isRestored(before, now);
            if (restored || System.nanoTime() > until) {
                return now;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CommandException.failed("interrupted");
            }
        }
    }
}
