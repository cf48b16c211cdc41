package dev.instar.engine;

/** How a user wants instances to start when none is idle. */
public enum StartPreference {
    /** From a memory template where there is one, else cold. */
    TEMPLATE,
    /**
     * As {@link #TEMPLATE}, but from a zygote that has a private copy of every page, as a process that has initialised
     * itself would: the plain fork that templates are compared with. Memory and starts cost accordingly.
     */
    FORK,
    /** Always cold. */
    COLD
}
