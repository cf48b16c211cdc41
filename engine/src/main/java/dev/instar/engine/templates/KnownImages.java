package dev.instar.engine.templates;

import dev.instar.engine.FunctionName;
import dev.instar.template.store.ImageStore;
import dev.instar.template.store.StoredImage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** What the store has, read once: listing opens every image. Thread-safe; all changes have to come by here. */
final class KnownImages {
    static final String FUNCTION = "function";

    private final Map<String, StoredImage> byId = new ConcurrentHashMap<>();

    /** @throws IOException if the store cannot be read */
    KnownImages(ImageStore store) throws IOException {
        store.list().images().forEach(this::add);
    }

    /** Those that were made from a version of the function, whichever. */
    List<StoredImage> of(FunctionName function) {
        return byId.values().stream()
                .filter(image -> Objects.equals(image.facts().get(FUNCTION), function.toString()))
                .toList();
    }

    void add(StoredImage image) {
        byId.put(image.id(), image);
    }

    void remove(String id) {
        byId.remove(id);
    }
}
