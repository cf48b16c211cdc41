package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;

/**
 * A value that a node keeps, as far as its only writer can know it: certain after an accepted change; one of two after
 * a change that was never answered, until it has been read.
 */
final class Doubtful<T> {
    private final String what;
    private final Set<T> possible = new HashSet<>();

    Doubtful(String what, T initial) {
        this.what = what;
        possible.add(initial);
    }

    /** Asks a node for a change. */
    interface Request {
        /** @return whether it was accepted; if not, nothing has changed */
        boolean send() throws NodeGoneException;
    }

    /** Sends a change; if the node goes away meanwhile, either value is possible. */
    boolean change(T next, Request request) throws NodeGoneException {
        Set<T> before = Set.copyOf(possible);
        possible.add(next);
        boolean accepted = request.send();
        possible.clear();
        possible.addAll(accepted ? Set.of(next) : before);
        return accepted;
    }

    /** Compares with what the node has. */
    void observed(T value) {
        assertThat(possible).as(what).contains(value);
        possible.clear();
        possible.add(value);
    }

    /** The value, which must be certain. */
    T certain() {
        assertThat(possible).as(what).hasSize(1);
        return possible.iterator().next();
    }
}
