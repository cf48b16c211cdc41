package dev.instar.engine.instances;

import java.util.List;

/**
 * What a change of a pool's state asks for once the pool's lock has been released.
 *
 * @param woken calls that have a slot or a refusal now
 * @param ended instances that left the pool; their sandboxes have to be closed
 * @param orders starts to begin
 */
record Effects(List<Waiter> woken, List<Departure> ended, List<StartOrder> orders) {
    /** Nothing to do: the usual case on the path of a warm call. */
    static final Effects NONE = new Effects(List.of(), List.of(), List.of());

    boolean isNone() {
        return woken.isEmpty() && ended.isEmpty() && orders.isEmpty();
    }

    /** An instance that left its pool. */
    record Departure(Instance instance, EndCause cause) {}
}
