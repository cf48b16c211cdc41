package dev.instar.engine.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Follows the symbolic links of a tree the way the kernel would, to see whether one of them leaves it. Looking at a
 * target's text alone is not enough: {@code a/..} is not the root if {@code a} is itself a link.
 */
final class TreeLinks {
    private static final int MOST_HOPS = 40;

    private final Map<String, String> targets;

    /** @param targets each link's path and target */
    TreeLinks(Map<String, String> targets) {
        this.targets = targets;
    }

    /**
     * @throws dev.instar.engine.InvalidRequestException naming the first link that leaves the tree or goes in circles
     */
    void requireInside() {
        for (String link : targets.keySet()) {
            follow(link);
        }
    }

    private void follow(String link) {
        List<String> at = new ArrayList<>();
        Deque<String> ahead = new ArrayDeque<>(List.of(link.split("/", -1)));
        int hops = 0;
        while (!ahead.isEmpty()) {
            String part = ahead.pop();
            if (part.equals("..")) {
                if (at.isEmpty()) {
                    throw TreePath.invalid(link, "is a link that leads out of the archive: " + targets.get(link));
                }
                at.removeLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                at.add(part);
                @Nullable String target = targets.get(String.join("/", at));
                if (target != null) {
                    if (++hops > MOST_HOPS) {
                        throw TreePath.invalid(link, "is a link that goes in circles");
                    }
                    at.removeLast();
                    push(ahead, target);
                }
            }
        }
    }

    private static void push(Deque<String> ahead, String target) {
        String[] parts = target.split("/", -1);
        for (int i = parts.length - 1; i >= 0; i--) {
            ahead.push(parts[i]);
        }
    }
}
