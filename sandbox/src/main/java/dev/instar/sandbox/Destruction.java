package dev.instar.sandbox;

import java.util.Locale;

/** Why a sandbox was not used again. */
public enum Destruction {
    /** The pool uses each sandbox once. */
    REUSE_OFF,
    /** The pool was closed. */
    POOL_CLOSED,
    /** More stood ready than calls ask for. */
    SURPLUS,
    /** It was built too long ago. */
    AGE,
    /** It had been used often enough. */
    USES,
    /** Its first or its prepared process was killed from outside. */
    KILLED,
    /** Its launcher was killed from outside. */
    LAUNCHER_LOST,
    /** Something was still being started in it, or a zygote did not tell whether a clone would still come. */
    UNSETTLED,
    /** Its processes could not be killed from inside, or did not end in time. */
    PROCESSES,
    /** Cleaning took too long. */
    TIMEOUT,
    /** A step of cleaning failed. */
    FAILED,
    /** Something was in its control group that the pool had not put there. */
    CONTROL_GROUP,
    /** Memory stayed charged to its control group. */
    MEMORY,
    /** Limits of its control group were not those of a new one. */
    LIMITS,
    /** Its mounts were not those it was built with. */
    MOUNTS,
    /** A fresh network namespace was not like the one it was built with, or its place on the bridge stayed. */
    NETWORK,
    /** Keys or key rings belonged to its user ids. */
    KEYS;

    /** As it appears in metrics: {@code pool-closed}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
