package dev.instar.engine;

import java.util.Map;

/**
 * What became of sandboxes after their use, since the node's start.
 *
 * @param repurposed how many times one was cleaned, checked and made ready again
 * @param networksReplaced how many of these times it got another network
 * @param destroyed how many were destroyed instead, by reason
 * @param cleaningSeconds time that cleaning those made ready again took, all together
 */
public record SandboxReuse(
        long repurposed, long networksReplaced, Map<String, Long> destroyed, double cleaningSeconds) {
    /** Nothing yet. */
    public static final SandboxReuse NONE = new SandboxReuse(0, 0, Map.of(), 0);

    public SandboxReuse {
        destroyed = Map.copyOf(destroyed);
    }
}
