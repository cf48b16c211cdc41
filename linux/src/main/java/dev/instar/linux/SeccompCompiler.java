package dev.instar.linux;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Turns a rule list into a search tree in BPF. Used once, by one thread. */
final class SeccompCompiler {
    static final int X32_BIT = 0x4000_0000;

    private static final int ARCH_X86_64 = 0xC000_003E;
    // Offsets in struct seccomp_data.
    private static final int NUMBER = 0;
    private static final int ARCH = 4;
    private static final int ARGUMENTS = 16;
    private static final int HIGH_HALF = 4;
    private static final int FULL = -1;

    private final SeccompAction defaultAction;
    private final List<Segment> segments;
    private final BpfAssembler code = new BpfAssembler();

    /** Call numbers from {@code first} up to the next segment's, decided by the same rules. */
    private record Segment(int first, List<SeccompRule> rules) {}

    SeccompCompiler(SeccompAction defaultAction, SortedMap<Integer, List<SeccompRule>> rules, SeccompAction x32Action) {
        this.defaultAction = defaultAction;
        this.segments = segments(rules, new SeccompRule(List.of(), x32Action));
    }

    byte[] compile() {
        int rightArch = code.newLabel();
        int wrongArch = code.newLabel();
        code.load(ARCH);
        code.branch(BpfAssembler.JEQ, ARCH_X86_64, rightArch, wrongArch);
        code.place(wrongArch);
        code.ret(SeccompAction.KILL_PROCESS.returnValue());
        code.place(rightArch);
        code.load(NUMBER);
        tree(0, segments.size());
        return code.assemble();
    }

    /** Covers every number once, neighbours with equal rules merged. */
    private List<Segment> segments(SortedMap<Integer, List<SeccompRule>> rules, SeccompRule x32Rule) {
        SortedMap<Integer, List<SeccompRule>> starts = new TreeMap<>();
        starts.put(0, defaultRules());
        for (Map.Entry<Integer, List<SeccompRule>> entry : rules.entrySet()) {
            starts.put(entry.getKey(), effective(entry.getValue()));
            starts.putIfAbsent(entry.getKey() + 1, defaultRules());
        }
        starts.put(X32_BIT, List.of(x32Rule));
        List<Segment> merged = new ArrayList<>();
        starts.forEach((first, list) -> {
            if (merged.isEmpty() || !merged.getLast().rules().equals(list)) {
                merged.add(new Segment(first, list));
            }
        });
        return merged;
    }

    private List<SeccompRule> defaultRules() {
        return List.of(new SeccompRule(List.of(), defaultAction));
    }

    /** The rules up to the first unconditional one, which always exists in the result. */
    private List<SeccompRule> effective(List<SeccompRule> rules) {
        List<SeccompRule> result = new ArrayList<>();
        for (SeccompRule rule : rules) {
            result.add(rule);
            if (rule.conditions().isEmpty()) {
                return result;
            }
        }
        result.addAll(defaultRules());
        return result;
    }

    private void tree(int from, int to) {
        if (to - from == 1) {
            body(segments.get(from).rules());
            return;
        }
        int middle = (from + to) >>> 1;
        int lower = code.newLabel();
        int upper = code.newLabel();
        code.branch(BpfAssembler.JGE, segments.get(middle).first(), upper, lower);
        code.place(lower);
        tree(from, middle);
        code.place(upper);
        tree(middle, to);
    }

    private void body(List<SeccompRule> rules) {
        for (SeccompRule rule : rules) {
            int next = code.newLabel();
            for (ArgumentCondition condition : rule.conditions()) {
                int holds = code.newLabel();
                switch (condition) {
                    case ArgumentCondition.Masked masked -> masked(masked, holds, next);
                    case ArgumentCondition.AtMost atMost -> atMost(atMost, holds, next);
                }
                code.place(holds);
            }
            code.ret(rule.action().returnValue());
            code.place(next);
        }
    }

    private void atMost(ArgumentCondition.AtMost condition, int holds, int fails) {
        int offset = ARGUMENTS + Long.BYTES * condition.index();
        int notAbove = code.newLabel();
        int sameHigh = code.newLabel();
        code.load(offset + HIGH_HALF);
        code.branch(BpfAssembler.JGT, high(condition.limit()), fails, notAbove);
        code.place(notAbove);
        code.branch(BpfAssembler.JEQ, high(condition.limit()), sameHigh, holds);
        code.place(sameHigh);
        code.load(offset);
        code.branch(BpfAssembler.JGT, low(condition.limit()), fails, holds);
    }

    private void masked(ArgumentCondition.Masked condition, int holds, int fails) {
        int offset = ARGUMENTS + Long.BYTES * condition.index();
        int highMask = high(condition.mask());
        int lowMask = low(condition.mask());
        SortedMap<Integer, SortedSet<Integer>> lowsByHigh = new TreeMap<>();
        condition
                .values()
                .forEach(value -> lowsByHigh
                        .computeIfAbsent(high(value), key -> new TreeSet<>())
                        .add(low(value)));
        if (highMask == 0) {
            lowsByHigh.values().forEach(lows -> anyOf(offset, lowMask, lows, holds, fails));
            return;
        }
        // First all comparisons of the high half, while the accumulator holds it; then one group per matching half.
        loadMasked(offset + HIGH_HALF, highMask);
        Map<Integer, SortedSet<Integer>> lowsByGroup = new LinkedHashMap<>();
        lowsByHigh.forEach((high, lows) -> {
            int group = code.newLabel();
            int other = code.newLabel();
            lowsByGroup.put(group, lows);
            code.branch(BpfAssembler.JEQ, high, group, other);
            code.place(other);
        });
        code.jump(fails);
        lowsByGroup.forEach((group, lows) -> {
            code.place(group);
            if (lowMask == 0) {
                code.jump(holds);
            } else {
                anyOf(offset, lowMask, lows, holds, fails);
            }
        });
    }

    private void anyOf(int offset, int mask, SortedSet<Integer> values, int holds, int fails) {
        loadMasked(offset, mask);
        for (int value : values) {
            int other = value == values.last() ? fails : code.newLabel();
            code.branch(BpfAssembler.JEQ, value, holds, other);
            if (other != fails) {
                code.place(other);
            }
        }
    }

    private void loadMasked(int offset, int mask) {
        code.load(offset);
        if (mask != FULL) {
            code.and(mask);
        }
    }

    private static int high(long value) {
        return (int) (value >>> Integer.SIZE);
    }

    private static int low(long value) {
        return (int) value;
    }
}
