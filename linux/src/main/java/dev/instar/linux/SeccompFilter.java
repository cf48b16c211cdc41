package dev.instar.linux;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * A compiled seccomp filter program for x86_64, ready to be installed with {@code seccomp(SECCOMP_SET_MODE_FILTER)}.
 * Immutable.
 *
 * <p>The calls are found by a balanced search tree over their numbers. When a filter is installed, the kernel runs it
 * once for every call number to learn which are always allowed, so the length of a path, and not of the program,
 * decides what installing costs.
 *
 * <p>A call from another architecture's entry ({@code int 0x80}) ends the process, since the numbers there mean other
 * calls; a call with the x32 bit fails with ENOSYS, as on a kernel without x32.
 */
public final class SeccompFilter {
    /** The kernel's bound on one program ({@code BPF_MAXINSNS}). */
    public static final int MAX_INSTRUCTIONS = 4096;

    private static final int ENOSYS = 38;

    private final byte[] program;

    private SeccompFilter(byte[] program) {
        this.program = program;
    }

    /** Starts a filter that answers ENOSYS to every call without a rule. */
    public static Builder builder() {
        return builder(SeccompAction.errno(ENOSYS));
    }

    /** Starts a filter that does {@code defaultAction} for every call that no rule decides. */
    public static Builder builder(SeccompAction defaultAction) {
        return new Builder(defaultAction);
    }

    /** The program as packed {@code struct sock_filter}, eight bytes each, little-endian; a fresh copy. */
    public byte[] toBytes() {
        return program.clone();
    }

    /** How many instructions the program has. */
    public int length() {
        return program.length / BpfAssembler.INSTRUCTION_BYTES;
    }

    /**
     * Collects rules in order. The first rule for a call whose conditions hold decides; if none does, the default
     * action. Not thread-safe.
     */
    public static final class Builder {
        private final SeccompAction defaultAction;
        private final TreeMap<Integer, List<SeccompRule>> rules = new TreeMap<>();

        private Builder(SeccompAction defaultAction) {
            this.defaultAction = defaultAction;
        }

        /**
         * Adds a rule for one call.
         *
         * @param conditions all must hold for the rule to apply; none: it always applies
         * @throws IllegalArgumentException if there is no call of that name
         */
        public Builder rule(String systemCall, SeccompAction action, ArgumentCondition... conditions) {
            return rule(SystemCallNumbers.of(systemCall), action, conditions);
        }

        /**
         * Adds a rule for one call by number.
         *
         * @param number 0 to 0x3fffffff
         */
        public Builder rule(int number, SeccompAction action, ArgumentCondition... conditions) {
            if (number < 0 || number >= SeccompCompiler.X32_BIT) {
                throw new IllegalArgumentException("not an x86_64 system call number: " + number);
            }
            rules.computeIfAbsent(number, key -> new ArrayList<>()).add(new SeccompRule(List.of(conditions), action));
            return this;
        }

        /** Adds the same unconditional rule for several calls. */
        public Builder rules(Collection<String> systemCalls, SeccompAction action) {
            systemCalls.forEach(name -> rule(name, action));
            return this;
        }

        /**
         * Compiles the rules.
         *
         * @throws IllegalArgumentException if the program would exceed {@link #MAX_INSTRUCTIONS}
         */
        public SeccompFilter build() {
            byte[] program = new SeccompCompiler(defaultAction, rules, SeccompAction.errno(ENOSYS)).compile();
            int length = program.length / BpfAssembler.INSTRUCTION_BYTES;
            if (length > MAX_INSTRUCTIONS) {
                throw new IllegalArgumentException("the filter has " + length
                        + " instructions, but the kernel takes at most " + MAX_INSTRUCTIONS + "; use fewer rules");
            }
            return new SeccompFilter(program);
        }
    }
}
