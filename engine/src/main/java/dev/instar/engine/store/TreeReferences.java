package dev.instar.engine.store;

import dev.instar.engine.FunctionSpec;
import java.util.LinkedHashSet;
import java.util.Set;

/** Which code trees a spec needs. */
final class TreeReferences {
    private TreeReferences() {}

    static Set<String> of(FunctionSpec spec) {
        Set<String> trees = new LinkedHashSet<>(spec.layers());
        if (!spec.code().isEmpty()) {
            trees.add(spec.code());
        }
        return trees;
    }
}
