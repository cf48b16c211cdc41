package dev.instar.cli.bench;

import dev.instar.bench.Environment;
import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.Progress;
import dev.instar.cli.TemporaryDirectory;
import dev.instar.cli.bench.ClonesReport.Difference;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Compares what clones of random programs answer with what cold starts of the same programs answer to the same calls.
 */
public final class ClonesBenchmark {
    private static final int SEQUENCES = 2;
    private static final int LANES = 2;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final BenchNode node;
    private final Progress quiet;
    private final Size size;
    private final Consumer<String> messages;
    private final Tally tally = new Tally();

    /**
     * How much is to be compared.
     *
     * @param programs how many programs
     * @param clones how many clones of each
     * @param calls how many calls of each clone
     * @param seed of the first program
     * @param runtimes of the programs
     * @param parts the only ones to use; empty for all
     * @param time no program is begun when it is over
     */
    public record Size(
            int programs,
            int clones,
            int calls,
            long seed,
            List<RuntimeKind> runtimes,
            List<String> parts,
            Duration time) {
        public Size {
            runtimes = List.copyOf(runtimes);
            parts = List.copyOf(parts);
        }
    }

    /**
     * Nothing is deployed yet.
     *
     * @param node one of our own
     * @param quiet swallows what deploying says
     * @param messages told of differences and, once a minute, of what has been done
     */
    public ClonesBenchmark(BenchNode node, Progress quiet, Size size, Consumer<String> messages) {
        this.node = node;
        this.quiet = quiet;
        this.size = size;
        this.messages = messages;
    }

    /** Runs all programs, some at a time. */
    public ClonesReport run() throws IOException {
        Environment environment = Environment.current();
        long begun = System.nanoTime();
        long end = begun + size.time().toNanos();
        try (TemporaryDirectory folder = TemporaryDirectory.create("instar-clones-");
                ExecutorService lanes = Executors.newFixedThreadPool(LANES)) {
            List<Future<?>> programs = new ArrayList<>();
            for (int i = 0; i < size.programs(); i++) {
                long seed = size.seed() + i;
                programs.add(lanes.submit(() -> {
                    if (System.nanoTime() < end) {
                        tryToCompare(RandomProgram.of(seed, size.runtimes(), size.parts()), folder.path());
                        report(begun);
                    }
                    return null;
                }));
            }
            for (Future<?> program : programs) {
                program.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new CommandException(ExitStatus.FAILED, "a program could not be compared: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
        return tally.report(environment, size, Duration.ofNanos(System.nanoTime() - begun));
    }

    private void report(long begun) {
        Duration passed = Duration.ofNanos(System.nanoTime() - begun);
        if (tally.isTimeToTell(passed.dividedBy(MINUTE))) {
            messages.accept(tally + " in " + passed.toSeconds() + " s");
        }
    }

    /** What keeps one program from being compared does not throw away what the others have shown. */
    private void tryToCompare(RandomProgram program, Path folder) throws IOException {
        try {
            compare(program, folder);
        } catch (CommandException e) {
            String message = String.valueOf(e.getMessage());
            tally.difference(new Difference(
                    program.seed(), word(program.runtime()), program.parts(), "node", List.of(), "", message));
            messages.accept("NOT COMPARED: seed " + program.seed() + ": " + message);
        }
    }

    private void compare(RandomProgram program, Path folder) throws IOException {
        String name = "p" + Long.toUnsignedString(program.seed());
        program.write(folder.resolve(name));
        String cold = node.deployVariant(quiet, folder, name, StartPreference.COLD);
        String template = node.deployVariant(quiet, folder, name, StartPreference.TEMPLATE);
        try {
            Optional<String> refusal = node.templateRefusal(template);
            tally.program(program, refusal);
            if (refusal.isEmpty()) {
                compare(program, cold, template);
            }
        } finally {
            node.remove(cold);
            node.remove(template);
        }
    }

    private void compare(RandomProgram program, String cold, String template) {
        List<List<String>> expected = new ArrayList<>();
        for (int sequence = 0; sequence < Math.min(SEQUENCES, size.clones()); sequence++) {
            expected.add(answers(program, sequence, cold, "cold"));
            tally.coldInstance();
        }
        for (int clone = 0; clone < size.clones(); clone++) {
            int sequence = clone % SEQUENCES;
            List<String> actual = answers(program, sequence, template, "template");
            if (actual.isEmpty()) {
                tally.startedCold();
                continue;
            }
            tally.cloneCompared();
            if (!actual.equals(expected.get(sequence))) {
                boolean stable = answers(program, sequence, cold, "cold").equals(expected.get(sequence));
                differs(program, sequence, stable ? "clone" : "program", expected.get(sequence), actual);
                return;
            }
        }
    }

    /** What a new instance answers; empty if it came to be in another way. A failed call is the last. */
    private List<String> answers(RandomProgram program, int sequence, String function, String start) {
        node.scaleToZero(function);
        List<String> answers = new ArrayList<>();
        for (int input : program.inputs(sequence, size.calls())) {
            BenchNode.Answer answer = node.call(function, Integer.toString(input));
            if (answers.isEmpty() && answer.status() == 200 && !answer.start().equals(start)) {
                return List.of();
            }
            String way =
                    answers.isEmpty() || answer.start().equals("warm") ? "" : ", by a " + answer.start() + " start";
            answers.add(answer.status() + way + "\n" + answer.body());
            if (answer.status() != 200) {
                break;
            }
        }
        return answers;
    }

    private void differs(RandomProgram program, int sequence, String kind, List<String> expected, List<String> actual) {
        int call = 0;
        while (call < Math.min(expected.size(), actual.size()) - 1
                && expected.get(call).equals(actual.get(call))) {
            call++;
        }
        Difference difference = new Difference(
                program.seed(),
                word(program.runtime()),
                program.parts(),
                kind,
                program.inputs(sequence, size.calls()).subList(0, call + 1),
                expected.get(call),
                actual.get(call));
        tally.difference(difference);
        messages.accept("DIFFERENT (" + kind + "): seed " + program.seed() + ", inputs " + difference.inputs()
                + "\n--- cold\n" + difference.expected() + "\n--- clone\n" + difference.actual()
                + "\n--- the program\n" + program.source());
    }

    static String word(RuntimeKind runtime) {
        return runtime.name().toLowerCase(Locale.ROOT);
    }

    /** Counts what has been found. Thread-safe. */
    private static final class Tally {
        private final Map<String, Integer> programs = new TreeMap<>();
        private final Map<String, Integer> refused = new TreeMap<>();
        private final Map<String, Integer> parts = new TreeMap<>();
        private final List<Difference> differences = new ArrayList<>();
        private int templates;
        private int clones;
        private int coldInstances;
        private int startedCold;
        private int unexpected;
        private long toldMinutes;

        synchronized void program(RandomProgram program, Optional<String> refusal) {
            programs.merge(word(program.runtime()), 1, Integer::sum);
            if (refusal.isPresent()) {
                String expected = program.cloneable() ? "" : "as expected: ";
                refused.merge(expected + refusal.get().replaceAll("[0-9]+", "N"), 1, Integer::sum);
                return;
            }
            templates++;
            unexpected += program.cloneable() ? 0 : 1;
            program.parts().stream()
                    .distinct()
                    .forEach(part -> parts.merge(word(program.runtime()) + " " + part, 1, Integer::sum));
        }

        synchronized void coldInstance() {
            coldInstances++;
        }

        synchronized void cloneCompared() {
            clones++;
        }

        synchronized void startedCold() {
            startedCold++;
        }

        synchronized void difference(Difference difference) {
            differences.add(difference);
        }

        synchronized boolean isTimeToTell(long minutes) {
            boolean due = minutes > toldMinutes;
            toldMinutes = minutes;
            return due;
        }

        @Override
        public synchronized String toString() {
            return clones + " clones of " + templates + " programs, "
                    + refused.values().stream().mapToInt(Integer::intValue).sum() + " refused, "
                    + differences.size() + " different";
        }

        synchronized ClonesReport report(Environment environment, Size size, Duration time) {
            return new ClonesReport(
                    environment,
                    size.seed(),
                    new TreeMap<>(programs),
                    size.calls(),
                    time.toSeconds(),
                    templates,
                    clones,
                    coldInstances,
                    startedCold,
                    unexpected,
                    new TreeMap<>(refused),
                    new TreeMap<>(parts),
                    List.copyOf(differences));
        }
    }
}
