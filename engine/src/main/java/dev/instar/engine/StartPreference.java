package dev.instar.engine;

/** How a user wants instances to start when none is idle. */
public enum StartPreference {
    /** From a memory template where there is one, else cold. */
    TEMPLATE,
    /** Always cold. */
    COLD
}
