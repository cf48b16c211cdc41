package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SeccompFilterTest {
    private static final int X86_64 = 0xC000_003E;
    private static final int I386 = 0x4000_0003;
    private static final int X32_BIT = 0x4000_0000;
    private static final SeccompAction ENOSYS = SeccompAction.errno(38);

    /** A rule as the test understands it, kept apart from the compiler's own type. */
    record Line(int number, List<ArgumentCondition> conditions, SeccompAction action) {}

    @Property(tries = 1000)
    void decidesAsTheRuleList(
            @ForAll("ruleLists") List<Line> lines, @ForAll("actions") SeccompAction otherwise, @ForAll long seed) {
        SeccompFilter.Builder builder = SeccompFilter.builder(otherwise);
        lines.forEach(line ->
                builder.rule(line.number(), line.action(), line.conditions().toArray(ArgumentCondition[]::new)));
        BpfInterpreter program = new BpfInterpreter(builder.build().toBytes());

        Random random = new Random(seed);
        for (int i = 0; i < 50; i++) {
            int number = interestingNumber(random, lines);
            long[] arguments = interestingArguments(random, lines);
            assertThat(program.run(X86_64, number, arguments))
                    .as("call %d %s", number, arguments)
                    .isEqualTo(expected(lines, otherwise, number, arguments).returnValue());
        }
        assertThat(program.run(random.nextInt() & ~X86_64, random.nextInt(500), new long[6]))
                .isEqualTo(SeccompAction.KILL_PROCESS.returnValue());
    }

    private static SeccompAction expected(List<Line> lines, SeccompAction otherwise, int number, long[] arguments) {
        if (Integer.compareUnsigned(number, X32_BIT) >= 0) {
            return ENOSYS;
        }
        return lines.stream()
                .filter(line -> line.number() == number)
                .filter(line -> line.conditions().stream().allMatch(c -> holds(c, arguments[c.index()])))
                .map(Line::action)
                .findFirst()
                .orElse(otherwise);
    }

    private static boolean holds(ArgumentCondition condition, long argument) {
        return switch (condition) {
            case ArgumentCondition.Masked masked ->
                masked.values().stream().anyMatch(value -> (argument & masked.mask()) == value);
            case ArgumentCondition.AtMost atMost -> argument + Long.MIN_VALUE <= atMost.limit() + Long.MIN_VALUE;
        };
    }

    private static int interestingNumber(Random random, List<Line> lines) {
        int near = lines.isEmpty()
                ? random.nextInt(500)
                : lines.get(random.nextInt(lines.size())).number();
        return switch (random.nextInt(8)) {
            case 0 -> near + 1;
            case 1 -> near - 1;
            case 2 -> near | X32_BIT;
            case 3 -> random.nextInt();
            default -> near;
        };
    }

    private static long[] interestingArguments(Random random, List<Line> lines) {
        List<Long> mentioned = new ArrayList<>(List.of(0L, -1L, random.nextLong()));
        lines.forEach(line -> line.conditions().forEach(condition -> {
            switch (condition) {
                case ArgumentCondition.Masked masked -> mentioned.addAll(masked.values());
                case ArgumentCondition.AtMost atMost -> mentioned.add(atMost.limit());
            }
        }));
        long[] arguments = new long[6];
        for (int i = 0; i < 6; i++) {
            long value = mentioned.get(random.nextInt(mentioned.size()));
            arguments[i] = switch (random.nextInt(6)) {
                case 0 -> value + 1;
                case 1 -> value - 1;
                case 2 -> value ^ (1L << random.nextInt(64));
                case 3 -> value ^ ((long) random.nextInt() << 32);
                default -> value;
            };
        }
        return arguments;
    }

    @Provide
    Arbitrary<SeccompAction> actions() {
        return Arbitraries.of(
                SeccompAction.ALLOW, SeccompAction.KILL_PROCESS, SeccompAction.errno(1), SeccompAction.errno(38));
    }

    @Provide
    Arbitrary<List<Line>> ruleLists() {
        Arbitrary<Integer> numbers = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 40),
                Arbitraries.integers().between(0, 470),
                Arbitraries.integers().between(0, X32_BIT - 1));
        Arbitrary<Line> line = Combinators.combine(numbers, conditions().list().ofMaxSize(3), actions())
                .as(Line::new);
        return line.list().ofMaxSize(60);
    }

    private static Arbitrary<ArgumentCondition> conditions() {
        Arbitrary<Integer> index = Arbitraries.integers().between(0, 5);
        Arbitrary<Long> mask = Arbitraries.oneOf(
                Arbitraries.of(-1L, 0xffff_ffffL, 0xffff_ffff_0000_0000L, 0x7E02_0000L),
                Arbitraries.longs().filter(value -> value != 0));
        Arbitrary<long[]> values = Arbitraries.oneOf(
                        Arbitraries.longs(), Arbitraries.longs().between(-3, 3), Arbitraries.of(1L << 32, -1L << 32))
                .array(long[].class)
                .ofMinSize(1)
                .ofMaxSize(5);
        return Arbitraries.oneOf(
                Combinators.combine(index, mask, values)
                        .as((i, m, v) -> ArgumentCondition.masked(
                                i, m, Arrays.stream(v).map(x -> x & m).toArray())),
                Combinators.combine(index, Arbitraries.longs()).as(ArgumentCondition::atMost));
    }

    @Test
    void jumpsFurtherThanABranchReaches() {
        SeccompFilter.Builder builder = SeccompFilter.builder(ENOSYS);
        int[] wanted = IntStream.range(0, 400).map(i -> i * 7).toArray();
        for (int call = 0; call < 6; call++) {
            builder.rule(call, SeccompAction.ALLOW, ArgumentCondition.intAnyOf(1, wanted));
        }
        SeccompFilter filter = builder.rule(7, SeccompAction.ALLOW).build();
        BpfInterpreter program = new BpfInterpreter(filter.toBytes());

        assertThat(filter.length()).isBetween(400, SeccompFilter.MAX_INSTRUCTIONS);
        for (int value = -3; value < 2900; value++) {
            boolean listed = value >= 0 && value % 7 == 0 && value < 2800;
            long dirty = Integer.toUnsignedLong(value) | 0xdead_0000_0000_0000L;
            assertThat(program.run(X86_64, 3, new long[] {0, dirty, 0, 0, 0, 0}))
                    .as("argument %d", value)
                    .isEqualTo((listed ? SeccompAction.ALLOW : ENOSYS).returnValue());
        }
        assertThat(program.run(X86_64, 7, new long[6])).isEqualTo(SeccompAction.ALLOW.returnValue());
    }

    @Test
    void mergesNeighboursAndKeepsPathsShort() {
        SeccompFilter.Builder scattered = SeccompFilter.builder(ENOSYS);
        SeccompFilter.Builder dense = SeccompFilter.builder(ENOSYS);
        for (int i = 0; i < 80; i++) {
            scattered.rule(3 * i, SeccompAction.ALLOW);
            dense.rule(i, SeccompAction.ALLOW);
        }
        assertThat(dense.build().length()).isLessThan(12);
        // 80 calls and 80 gaps (the last one merged with the x32 range) make 159 branches, between three instructions
        // of prologue and three verdicts at the end.
        assertThat(scattered.build().length()).isEqualTo(165);
    }

    @Test
    void refusesAProgramTheKernelWouldNotTake() {
        SeccompFilter.Builder builder = SeccompFilter.builder();
        int[] many = IntStream.range(0, 5000).toArray();
        builder.rule("ioctl", SeccompAction.ALLOW, ArgumentCondition.intAnyOf(1, many));
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4096");
    }

    @Test
    void refusesNonsense() {
        SeccompFilter.Builder builder = SeccompFilter.builder();
        assertThatThrownBy(() -> builder.rule("opne", SeccompAction.ALLOW)).hasMessageContaining("opne");
        assertThatThrownBy(() -> builder.rule(X32_BIT, SeccompAction.ALLOW))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SeccompAction.errno(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ArgumentCondition.equal(6, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ArgumentCondition.masked(0, 0xff, 0x100)).hasMessageContaining("outside the mask");
    }

    @Test
    void killsWhatEntersThroughTheOldGate() {
        BpfInterpreter program = new BpfInterpreter(
                SeccompFilter.builder(SeccompAction.ALLOW).build().toBytes());
        assertThat(program.run(I386, 1, new long[6])).isEqualTo(SeccompAction.KILL_PROCESS.returnValue());
        assertThat(program.run(X86_64, 1 | X32_BIT, new long[6])).isEqualTo(ENOSYS.returnValue());
    }
}
