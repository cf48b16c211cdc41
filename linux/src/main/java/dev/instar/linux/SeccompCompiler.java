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
    private final Map<SeccompAction, Integer> verdicts = new LinkedHashMap<>();

    /** Call numbers from {@code first} up to the next segment's, decided by the same rules. */
    private record Segment(int first, List<SeccompRule> rules) {}

    SeccompCompiler(SeccompAction defaultAction, SortedMap<Integer, List<SeccompRule>> rules, SeccompAction x32Action) {
        this.defaultAction = defaultAction;
        this.segments = segments(rules, new SeccompRule(List.of(), x32Action));
    }

    byte[] compile() {
        int rightArch = code.newLabel();
        code.load(ARCH);
        code.branch(BpfAssembler.JEQ, ARCH_X86_64, rightArch, verdict(SeccompAction.KILL_PROCESS));
        code.place(rightArch);
        code.load(NUMBER);
        int root = target(0, segments.size());
        if (verdicts.containsValue(root)) {
            code.jump(root);
        } else {
            tree(root, 0, segments.size());
        }
        verdicts.forEach((action, label) -> {
            code.place(label);
            code.ret(action.returnValue());
        });
        return code.assemble();
    }

    /** Where an action is returned. All returns stand at the end, once each: installing costs by the instruction. */
    private int verdict(SeccompAction action) {
        return verdicts.computeIfAbsent(action, key -> code.newLabel());
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

    /** Where to go to decide about some segments: to a part of the tree, or straight to a verdict. */
    private int target(int from, int to) {
        SeccompRule first = segments.get(from).rules().getFirst();
        return to - from == 1 && first.conditions().isEmpty() ? verdict(first.action()) : code.newLabel();
    }

    private void tree(int label, int from, int to) {
        code.place(label);
        if (to - from == 1) {
            body(segments.get(from).rules());
            return;
        }
        int middle = (from + to) >>> 1;
        int lower = target(from, middle);
        int upper = target(middle, to);
        code.branch(BpfAssembler.JGE, segments.get(middle).first(), upper, lower);
        if (!verdicts.containsValue(lower)) {
            tree(lower, from, middle);
        }
        if (!verdicts.containsValue(upper)) {
            tree(upper, middle, to);
        }
    }

    /** The last rule is unconditional, so the one before it fails straight to that rule's verdict. */
    private void body(List<SeccompRule> rules) {
        for (int i = 0; i < rules.size() - 1; i++) {
            boolean last = i == rules.size() - 2;
            int next = last ? verdict(rules.getLast().action()) : code.newLabel();
            conditions(rules.get(i).conditions(), verdict(rules.get(i).action()), next);
            if (!last) {
                code.place(next);
            }
        }
    }

    private void conditions(List<ArgumentCondition> conditions, int allHold, int fails) {
        for (int i = 0; i < conditions.size(); i++) {
            boolean last = i == conditions.size() - 1;
            int holds = last ? allHold : code.newLabel();
            switch (conditions.get(i)) {
                case ArgumentCondition.Masked masked -> masked(masked, holds, fails);
                case ArgumentCondition.AtMost atMost -> atMost(atMost, holds, fails);
            }
            if (!last) {
                code.place(holds);
            }
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
