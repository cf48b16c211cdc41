package dev.instar.linux;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A condition on one argument register of a system call. Pointers can be compared only as numbers: a filter cannot look
 * behind them.
 *
 * <p>Where the kernel declares an argument as {@code int}, it ignores the upper half of the register. A rule that
 * <em>refuses</em> a value must ignore it too, or setting a bit up there evades the rule: use the {@code int…} forms.
 */
public sealed interface ArgumentCondition {
    /** Which argument, 0 to 5. */
    int index();

    /** Whether a register value meets the condition. */
    boolean matches(long argument);

    /** The 64-bit register equals the value. */
    static ArgumentCondition equal(int index, long value) {
        return masked(index, -1L, value);
    }

    /** The 64-bit register is one of the values. */
    static ArgumentCondition anyOf(int index, long... values) {
        return masked(index, -1L, values);
    }

    /** The lower 32 bits equal the value; the upper half is ignored, as the kernel does for an {@code int}. */
    static ArgumentCondition intEqual(int index, int value) {
        return intAnyOf(index, value);
    }

    /** The lower 32 bits are one of the values; the upper half is ignored, as the kernel does for an {@code int}. */
    static ArgumentCondition intAnyOf(int index, int... values) {
        return masked(
                index,
                0xffff_ffffL,
                Arrays.stream(values).mapToLong(Integer::toUnsignedLong).toArray());
    }

    /** The register's bits under the mask are one of the values. */
    static ArgumentCondition masked(int index, long mask, long... values) {
        SortedSet<Long> set = new TreeSet<>(Long::compareUnsigned);
        for (long value : values) {
            set.add(value);
        }
        return new Masked(index, mask, set);
    }

    /** The 64-bit register, taken as unsigned, is not above the limit. */
    static ArgumentCondition atMost(int index, long limit) {
        return new AtMost(index, limit);
    }

    /**
     * The register's bits under a mask are one of some values.
     *
     * @param mask the bits that matter; not 0
     * @param values at least one; none may have bits outside the mask. Ordered as unsigned numbers
     */
    record Masked(int index, long mask, SortedSet<Long> values) implements ArgumentCondition {
        public Masked {
            requireIndex(index);
            if (mask == 0 || values.isEmpty()) {
                throw new IllegalArgumentException("a masked condition needs a mask and at least one value");
            }
            SortedSet<Long> sorted = new TreeSet<>(Long::compareUnsigned);
            for (long value : values) {
                if ((value & ~mask) != 0) {
                    throw new IllegalArgumentException(String.format(
                            "value %#x has bits outside the mask %#x and could never match", value, mask));
                }
                sorted.add(value);
            }
            values = Collections.unmodifiableSortedSet(sorted);
        }

        @Override
        public boolean matches(long argument) {
            return values.contains(argument & mask);
        }
    }

    /**
     * The register is at most a limit.
     *
     * @param limit the greatest value that matches, unsigned
     */
    record AtMost(int index, long limit) implements ArgumentCondition {
        public AtMost {
            requireIndex(index);
        }

        @Override
        public boolean matches(long argument) {
            return Long.compareUnsigned(argument, limit) <= 0;
        }
    }

    private static void requireIndex(int index) {
        if (index < 0 || index > 5) {
            throw new IllegalArgumentException("a system call has the arguments 0 to 5, not " + index);
        }
    }
}
