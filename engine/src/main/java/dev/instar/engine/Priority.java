package dev.instar.engine;

/** Whose starts come first where not all can begin at once; in that order. */
public enum Priority {
    /** Before the others. */
    HIGH,
    /** What a function has that says nothing. */
    NORMAL,
    /** After the others, and after a wait with them. */
    LOW
}
