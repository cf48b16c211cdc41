package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;

/**
 * What a start lacks.
 *
 * @param function whose start it is
 * @param kind what there is too little of
 */
record Shortage(FunctionName function, Kind kind) {
    /** What there can be too little of, with what is said of an instance that ended because of it. */
    enum Kind {
        /** The node's memory bound is reached. */
        MEMORY(EndCause.EVICTED_MEMORY),
        /** All sandboxes are in use. */
        SANDBOX(EndCause.EVICTED_SANDBOX),
        /** The namespace's quota is used up. */
        QUOTA(EndCause.EVICTED_QUOTA);

        private final EndCause cause;

        Kind(EndCause cause) {
            this.cause = cause;
        }

        EndCause cause() {
            return cause;
        }

        /** Whether it concerns the starts of every namespace. */
        boolean nodeWide() {
            return this != QUOTA;
        }
    }
}
