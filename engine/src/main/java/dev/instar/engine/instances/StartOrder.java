package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;

/**
 * A start that a pool has decided on and counts as starting.
 *
 * @param version what to start
 * @param generation the pool's generation at the time of the decision; a later one makes the order void
 * @param background whether no call waits for it, so that it must neither evict nor wait for room
 */
record StartOrder(FunctionVersion version, int generation, boolean background) {}
