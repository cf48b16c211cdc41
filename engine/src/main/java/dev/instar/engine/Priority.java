package dev.instar.engine;

/** Whose starts come first where not all can begin at once; in that order. */
public enum Priority {
    /** Before the others. */
    HIGH(0),
    /** What a function has that says nothing. */
    NORMAL(1),
    /** After the others, and after a wait with them. */
    LOW(2);

    private final int level;

    Priority(int level) {
        this.level = level;
    }

    /** How many priorities there are above it. */
    public int level() {
        return level;
    }
}
