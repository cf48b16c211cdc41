package dev.instar.template.store;

import java.util.Map;

/**
 * An image that a store has.
 *
 * @param id names the image and its facts by content
 * @param facts what the one who stored it noted about it
 * @param bytes size of its file
 */
public record StoredImage(String id, Map<String, String> facts, long bytes) {
    public StoredImage {
        facts = Map.copyOf(facts);
    }
}
