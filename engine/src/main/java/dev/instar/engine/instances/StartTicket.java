package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.Priority;
import org.jspecify.annotations.Nullable;

/**
 * One start's claim to room, from its order to the end of its instance. What changes is guarded by whoever guards the
 * {@link StartPolicy} it is handed to.
 */
final class StartTicket {
    /** Where a start stands. */
    enum State {
        /** In the queue. */
        WAITING,
        /** In the queue, and its thread is to make room, or is at it. */
        MAKING_ROOM,
        /** Has room and one of the concurrent starts. */
        STARTING,
        /** Its instance lives. */
        SETTLED,
        /** Has nothing any more. */
        GONE
    }

    private final FunctionName function;
    private final Priority priority;
    private final long limitBytes;
    private final long expectedBytes;
    private final boolean background;

    State state = State.GONE;
    StartQueue.@Nullable Place<StartTicket> place;
    long reservedBytes;
    /** When it first would have had its turn but for the room; later if it has been made up to. */
    long shortSince = Long.MAX_VALUE;
    /** What it lacked when it last had its turn. */
    Shortage.@Nullable Kind lack;
    /** When its patience is over. */
    long giveUpAt;
    /** The count of changes when it last looked for something to end. */
    long triedAt = -1;
    /** The count of sandboxes given back when it was given its turn. */
    long begunAt;

    /**
     * @param limitBytes its memory limit, which counts against the namespace's quota
     * @param expectedBytes what it is going to be charged, reserved until it is settled
     * @param background whether to give up at once instead of ending others and waiting
     */
    StartTicket(FunctionName function, Priority priority, long limitBytes, long expectedBytes, boolean background) {
        this.function = function;
        // No call waits for it: whoever has one comes first.
        this.priority = background ? Priority.LOW : priority;
        this.limitBytes = limitBytes;
        this.expectedBytes = expectedBytes;
        this.background = background;
    }

    FunctionName function() {
        return function;
    }

    Priority priority() {
        return priority;
    }

    long limitBytes() {
        return limitBytes;
    }

    long expectedBytes() {
        return expectedBytes;
    }

    boolean background() {
        return background;
    }

    State state() {
        return state;
    }
}
