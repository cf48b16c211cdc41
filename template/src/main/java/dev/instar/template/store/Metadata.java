package dev.instar.template.store;

import dev.instar.template.image.Image;
import dev.instar.template.image.InvalidImageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The records that a file's metadata consists of. */
final class Metadata {
    /** Changes with everything that changes what the metadata's bytes mean. */
    static final long MODEL = fingerprint();

    private Metadata() {}

    /** @param units in the order in which the file has them */
    record ImagePart(Image image, List<UnitEntry> units) {
        ImagePart {
            units = List.copyOf(units);
        }
    }

    /** A unit that the file has. */
    record UnitEntry(String digest, int length) {}

    /** @param facts by name */
    record FactsPart(List<Fact> facts) {
        FactsPart {
            facts = List.copyOf(facts);
        }

        static FactsPart of(Map<String, String> facts) {
            return new FactsPart(new TreeMap<>(facts)
                    .entrySet().stream()
                            .map(fact -> new Fact(fact.getKey(), fact.getValue()))
                            .toList());
        }

        Map<String, String> toMap() {
            Map<String, String> map = new LinkedHashMap<>();
            facts.forEach(fact -> map.put(fact.name(), fact.value()));
            return map;
        }
    }

    /** One of the caller's labels. */
    record Fact(String name, String value) {}

    /** What an image's id is the digest of: not the order of units in a file, which may differ. */
    private record Identity(Image image, FactsPart facts) {}

    static String id(Image image, FactsPart facts) throws InvalidImageException {
        return HexFormat.of().formatHex(sha256().digest(RecordCodec.encode(new Identity(image, facts))));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static long fingerprint() {
        String shapes = RecordCodec.shape(ImagePart.class) + RecordCodec.shape(FactsPart.class);
        return ByteBuffer.wrap(sha256().digest(shapes.getBytes(StandardCharsets.UTF_8)))
                .getLong();
    }
}
