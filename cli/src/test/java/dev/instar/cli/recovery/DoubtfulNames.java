package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Which named things of one kind a node has, as far as their only writer can know. A name is never used twice. */
final class DoubtfulNames {
    private final String kind;
    private final Map<String, Doubtful<Boolean>> names = new HashMap<>();
    private final List<String> present = new ArrayList<>();
    private int count;

    DoubtfulNames(String kind) {
        this.kind = kind;
    }

    /** Makes a further one. */
    boolean create(String name, Doubtful.Request request) throws NodeGoneException {
        Doubtful<Boolean> existence = new Doubtful<>(kind + " " + name, false);
        names.put(name, existence);
        boolean accepted = existence.change(true, request);
        if (accepted) {
            present.add(name);
        }
        return accepted;
    }

    /** Removes one that is certain to exist. */
    boolean remove(String name, Doubtful.Request request) throws NodeGoneException {
        boolean accepted = names.get(name).change(false, request);
        if (accepted) {
            present.remove(name);
        }
        return accepted;
    }

    /** Compares with those the node has. */
    void observed(Collection<String> existing) {
        assertThat(names.keySet()).as(kind + "s that were ever asked for").containsAll(existing);
        present.clear();
        names.forEach((name, existence) -> {
            existence.observed(existing.contains(name));
            if (existing.contains(name)) {
                present.add(name);
            }
        });
    }

    /** A name that has not been used. */
    String fresh(String prefix) {
        count++;
        return prefix + count;
    }

    /** One that is certain to exist. */
    String any(Random random) {
        return present.get(random.nextInt(present.size()));
    }

    /** How many are certain to exist. */
    int size() {
        return present.size();
    }
}
