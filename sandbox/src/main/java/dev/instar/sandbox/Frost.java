package dev.instar.sandbox;

import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroupException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the processes of a sandbox where they stand, and sees that none is frozen when the sandbox ends: under control
 * groups v1 a frozen process does not die. Thread-safe.
 */
final class Frost {
    private static final Logger LOG = LoggerFactory.getLogger(Frost.class);
    private static final Duration LONGEST = Duration.ofSeconds(1);

    private enum State {
        THAWED,
        FREEZING,
        FROZEN,
        ENDED
    }

    private final ControlGroup group;
    private final AtomicReference<State> state = new AtomicReference<>(State.THAWED);

    Frost(ControlGroup group) {
        this.group = group;
    }

    /** Freezes; false if it is frozen, ends, or does not freeze in time. */
    boolean freeze() {
        if (!state.compareAndSet(State.THAWED, State.FREEZING)) {
            return false;
        }
        State reached = State.THAWED;
        try {
            group.freeze(LONGEST);
            reached = State.FROZEN;
        } catch (ControlGroupException e) {
            LOG.debug("not frozen: {}", e.getMessage());
        }
        if (!state.compareAndSet(State.FREEZING, reached)) {
            // It ended meanwhile, and whoever ended it may have thawed it before it froze.
            thawGroup();
        }
        return reached == State.FROZEN;
    }

    /** Whether it is frozen now. */
    boolean isFrozen() {
        return state.get() == State.FROZEN;
    }

    /** Thaws what is frozen. */
    void thaw() {
        if (isFrozen()) {
            thawGroup();
            // Only now: another thread that finds it thawed relies on it.
            state.compareAndSet(State.FROZEN, State.THAWED);
        }
    }

    /** Thaws for good; to be called when everything in the group has been killed. */
    void end() {
        State before = state.getAndSet(State.ENDED);
        if (before == State.FREEZING || before == State.FROZEN) {
            thawGroup();
        }
    }

    private void thawGroup() {
        try {
            group.thaw();
        } catch (ControlGroupException e) {
            // Gone with its processes, or its deletion will say what is wrong.
            LOG.debug("not thawed: {}", e.getMessage());
        }
    }
}
