package dev.instar.cli.bench;

import dev.instar.bench.CallLoad;
import dev.instar.bench.DensityResult;
import dev.instar.bench.HeldCalls;
import dev.instar.bench.MachineMemory;
import dev.instar.cli.CommandException;
import dev.instar.cli.Progress;
import dev.instar.cli.client.DeployedFunction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** How many idle instances of a function there is room for, and what each of them costs. */
public final class DensityBenchmark {
    /** What the first instances take is shared by the others: the template's pages above all. */
    private static final int FIRST = 20;

    private static final int STEP = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration SETTLING = Duration.ofSeconds(3);

    /** Some blanks more than must be sent before an instance is taken. */
    private static final int BODY = HeldCalls.SHORTEST_BODY + 1024;

    private final BenchNode node;
    private final Progress progress;
    private final Path functions;

    /** @param functions folder that holds a folder for each function */
    public DensityBenchmark(BenchNode node, Progress progress, Path functions) {
        this.node = node;
        this.progress = progress;
        this.functions = functions;
    }

    /**
     * Brings instances up, leaves them alone, calls each and ends them.
     *
     * @param boundBytes how far the machine's available memory may fall
     * @param most how many instances at the most
     */
    public DensityResult run(String function, long boundBytes, int most, Duration idle) {
        String name = node.deployCrowd(progress, functions, function, most);
        progress.step("waiting for the template of " + name, () -> node.awaitTemplate(name));
        DeployedFunction crowd = node.function(name);
        try {
            crowd.scaleTo(Math.min(FIRST, most - 1), PATIENCE);
            settle(SETTLING);
            return measured(function, crowd, boundBytes, most, idle);
        } catch (IOException e) {
            throw CommandException.failed("the machine's memory cannot be read: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        } finally {
            progress.step("ending the instances", () -> crowd.scaleTo(0, PATIENCE));
        }
    }

    private DensityResult measured(String function, DeployedFunction crowd, long boundBytes, int most, Duration idle)
            throws IOException, InterruptedException {
        int first = Math.min(FIRST, most - 1);
        MachineMemory before = MachineMemory.read();
        double nodeBefore = InstanceProcesses.of(node.process()).memory().nodeResident();
        long begun = System.nanoTime();
        int instances = progress.step(
                "bringing up at most " + most + " instances of " + function,
                () -> fill(crowd, before, boundBytes, most, first));
        double seconds = (System.nanoTime() - begun) / 1e9;
        settle(SETTLING);
        int further = instances - first;
        MachineMemory full = MachineMemory.read();
        InstanceProcesses.Memory processes =
                InstanceProcesses.of(node.process()).memory();
        double emptyGroup = EmptyGroups.kernelMemoryEach();
        progress.step("leaving them alone for " + idle.toSeconds() + " s", () -> settle(idle));
        MachineMemory later = MachineMemory.read();
        InstanceProcesses.Memory processesLater =
                InstanceProcesses.of(node.process()).memory();
        HeldCalls.Outcome answers = progress.step("calling each", () -> call(function, crowd, instances));
        settle(SETTLING);
        MachineMemory called = MachineMemory.read();
        MachineMemory each = full.takenSince(before, further);
        double nodeEach = (processes.nodeResident() - nodeBefore) / further;
        return new DensityResult(
                function,
                instances,
                first,
                further / seconds,
                processes.instance().taken() + processes.holder().taken() + nodeEach + each.kernel(),
                each,
                processes.instance(),
                processes.holder(),
                nodeEach,
                processes.charged(),
                emptyGroup,
                Math.toIntExact(idle.toSeconds()),
                later.takenSince(full, instances),
                processesLater.instance().own() - processes.instance().own(),
                answers,
                called.takenSince(before, further));
    }

    /** In steps, so that the machine's memory is looked at before it is used up. */
    private static int fill(DeployedFunction crowd, MachineMemory before, long boundBytes, int most, int first) {
        int instances = first;
        try {
            while (instances < most) {
                MachineMemory taken = MachineMemory.read().takenSince(before, 1);
                double each = instances == first ? 0 : taken.available() / (instances - first);
                int next = Math.min(most, instances + STEP);
                if ((taken.available() + each * (next - instances)) * 1024 > boundBytes) {
                    break;
                }
                crowd.scaleTo(next, PATIENCE);
                instances = next;
            }
        } catch (IOException e) {
            throw CommandException.failed("the machine's memory cannot be read: " + e.getMessage());
        }
        return instances;
    }

    private HeldCalls.Outcome call(String function, DeployedFunction crowd, int instances) {
        SampleRequest request = SampleRequest.of(function).padded(BODY);
        CallLoad load = new CallLoad(
                node.address(),
                node.authorization(),
                "/function/" + crowd.name() + request.query(),
                request.body(),
                instances,
                Duration.ZERO,
                Duration.ZERO);
        try {
            return HeldCalls.run(load, request.contentType(), () -> crowd.idle() == 0, PATIENCE.dividedBy(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    private static void settle(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }
}
