package dev.instar.engine.store;

import dev.instar.engine.FunctionVersion;
import java.util.List;

/**
 * A deployed function as it is stored.
 *
 * @param current the version that new calls go to
 * @param versions all kept version numbers, ascending
 * @param requestedReplicas instances asked to be kept alive, until the next deploy
 */
public record Deployed(FunctionVersion current, List<Integer> versions, int requestedReplicas) {}
