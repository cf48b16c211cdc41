package dev.instar.sandbox;

import dev.instar.linux.ControlGroup;
import dev.instar.linux.GroupLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a frame ready for another use: gives it a fresh process with fresh namespaces, puts back what the frame keeps,
 * and then looks whether it is like one that was just built. What can be replaced is replaced, not undone: there is no
 * list of traces to forget one of. Nobody gets a sandbox that has not passed, whoever had it before. Thread-safe; some
 * 10 ms on a platform thread, most of it for joining the control group and for giving back its page cache.
 */
final class SandboxCleaning {
    /** Kernel memory of the namespaces that last, and what each processor keeps back for a group. */
    static final long MOST_CHARGED = 4L << 20;

    /** So little is not worth an order to reclaim, which makes every processor of the machine take part. */
    private static final long LITTLE_CHARGED = 1L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(SandboxCleaning.class);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final long POLL_NANOS = 1_000_000;
    private static final int PREPARED_PID = 2;

    private final Preparation preparation;
    private final Supplier<String> ids;
    private final TurnoverCount count;

    /** @param ids gives each use a name */
    SandboxCleaning(Preparation preparation, Supplier<String> ids, TurnoverCount count) {
        this.preparation = preparation;
        this.ids = ids;
        this.count = count;
    }

    /**
     * Cleans and checks.
     *
     * @param clearing in the frame's pid namespace, alone with the init
     * @param usedBridge whether the network namespace had a port of the bridge
     * @return ready for a workload; the frame belongs to it
     * @throws Failed if the sandbox cannot be used again; the frame it carries is to be destroyed
     */
    PreparedSandbox clean(SandboxFrame frame, Clearing clearing, boolean usedBridge) throws Failed {
        SandboxFrame current = frame;
        Preparation.Made made = null;
        try {
            putBack(frame.group());
            clearing.forgetPids();
            String id = ids.get();
            made = preparation.next(frame, id);
            NetworkTraces network = NetworkTraces.of(made.process().pid());
            // Of a port that was there and is gone, the namespace shows nothing for certain.
            if (usedBridge || !network.equals(frame.asBuilt().network())) {
                current = frame.withNetwork(preparation.replaceNetwork(made.process()));
                count.networkReplaced();
                network = NetworkTraces.of(made.process().pid());
            }
            check(current, made, network);
            return preparation.finish(id, current, made);
        } catch (UnfitException e) {
            throw failed(current, made, e);
        } catch (IOException | RuntimeException e) {
            Destruction reason = frame.launcher().hasEnded()
                    ? Destruction.LAUNCHER_LOST
                    : frame.init().exit().isDone() ? Destruction.KILLED : Destruction.FAILED;
            throw failed(current, made, new UnfitException(reason, String.valueOf(e.getMessage()), e));
        }
    }

    private static Failed failed(
            SandboxFrame frame, Preparation.@org.jspecify.annotations.Nullable Made made, UnfitException reason) {
        if (made != null) {
            made.close();
        }
        return new Failed(frame, reason);
    }

    /** Carries the frame as it is by now, for whoever destroys it. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;
        private final transient SandboxFrame frame;
        private final Destruction reason;

        Failed(SandboxFrame frame, UnfitException cause) {
            super(cause.getMessage(), cause);
            this.frame = frame;
            this.reason = cause.reason();
        }

        SandboxFrame frame() {
            return frame;
        }

        Destruction reason() {
            return reason;
        }
    }

    /** The control group as it was, as far as a group can be brought back; its counters go on from where they are. */
    private static void putBack(ControlGroup group) throws UnfitException {
        require(
                group.tasks() == 0 && group.children().isEmpty(),
                Destruction.CONTROL_GROUP,
                () -> "the group holds " + group.tasks() + " tasks and the groups " + group.children());
        GroupLimits.NONE.set(group);
        if (group.memoryBytes() > LITTLE_CHARGED) {
            group.reclaim(group.memoryBytes());
        }
        // What an ended namespace has charged, as with System V segments, is freed by the kernel's workers.
        awaitThat(
                () -> {
                    boolean little = group.memoryBytes() <= MOST_CHARGED;
                    if (!little) {
                        group.reclaim(group.memoryBytes());
                    }
                    return little;
                },
                Destruction.MEMORY,
                () -> group.memoryBytes() + " bytes stay charged");
        group.forgetPeak();
    }

    private static void check(SandboxFrame frame, Preparation.Made made, NetworkTraces network)
            throws UnfitException, IOException {
        int pid = made.process().pid();
        ControlGroup group = frame.group();
        require(
                group.pids().equals(List.of(pid))
                        && group.tasks() == 1
                        && group.children().isEmpty(),
                Destruction.CONTROL_GROUP,
                () -> "the group holds the processes " + group.pids() + " and the groups " + group.children());
        require(
                group.memoryBytes() <= MOST_CHARGED,
                Destruction.MEMORY,
                () -> group.memoryBytes() + " bytes are charged");
        GroupLimits limits = group.limits();
        require(limits.equals(GroupLimits.NONE), Destruction.LIMITS, () -> "the group has the " + limits);
        Set<String> numbers = numbersInside(pid);
        // Nothing leaves a pid namespace, so that this is every process that could have the uids. The init lives, and
        // the first process after it has the first number.
        require(
                numbers.equals(Set.of("1", Integer.toString(PREPARED_PID))),
                Destruction.PROCESSES,
                () -> "the pid namespace holds " + numbers);
        require(
                SandboxTraces.mounts(pid).equals(frame.asBuilt().mounts()),
                Destruction.MOUNTS,
                () -> "its mounts are not those it was built with");
        List<String> differences = network.differences(frame.asBuilt().network());
        require(differences.isEmpty(), Destruction.NETWORK, () -> "a fresh network differs in " + differences);
        // Dead keys go when the kernel's collector comes round.
        awaitThat(
                () -> keyUsers().noneMatch(uid -> uid == frame.uid() || uid == frame.uid() + 1),
                Destruction.KEYS,
                () -> "keys belong to its users");
    }

    /** The processes of the pid namespace, as its own {@code /proc} lists them. */
    private static Set<String> numbersInside(int pid) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc", Integer.toString(pid), "root", "proc"))) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> Character.isDigit(name.charAt(0)))
                    .collect(Collectors.toSet());
        }
    }

    /** Users that have keys: {@code 1000: 4 4/4 4/200 61/20000}. */
    private static Stream<Integer> keyUsers() {
        Path file = Path.of("/proc/key-users");
        try {
            return Files.exists(file)
                    ? Files.readAllLines(file).stream()
                            .map(line -> Integer.valueOf(line.strip().split(":", 2)[0]))
                    : Stream.empty();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void awaitThat(BooleanSupplier condition, Destruction reason, Supplier<String> message)
            throws UnfitException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            require(System.nanoTime() - deadline < 0, reason, message);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static void require(boolean holds, Destruction reason, Supplier<String> message) throws UnfitException {
        if (!holds) {
            LOG.debug("not used again: {}", reason);
            throw new UnfitException(reason, message.get());
        }
    }
}
