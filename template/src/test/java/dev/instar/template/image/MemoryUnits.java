package dev.instar.template.image;

import dev.instar.template.image.Region.Attributes;
import dev.instar.template.image.Region.Content;
import dev.instar.template.image.Region.Unit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Regions with content made of seeds, and the bytes of their units. */
public final class MemoryUnits implements UnitSource {
    public static final int PAGE = 4096;
    public static final int WINDOW = 2 << 20;
    public static final Attributes READ_WRITE = new Attributes(3, false, false, false, 0, "");

    private final Map<String, byte[]> bytes = new HashMap<>();

    /** A region whose unit {@code i} has the content of {@code seed + i}. */
    public Content region(long start, long length, long seed) {
        List<Unit> units = new ArrayList<>();
        long at = start;
        while (at < start + length) {
            long end = Math.min(start + length, (at / WINDOW + 1) * WINDOW);
            units.add(unit(at, (int) (end - at), seed + units.size()));
            at = end;
        }
        return new Content(start, start + length, READ_WRITE, false, units);
    }

    public Unit unit(long start, int length, long seed) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return unit(start, content);
    }

    public Unit unit(long start, byte[] content) {
        String digest = sha256(content);
        bytes.put(digest, content);
        return new Unit(start, content.length, digest);
    }

    public byte[] content(Unit unit) {
        byte[] content = bytes.get(unit.digest());
        if (content == null) {
            throw new IllegalArgumentException("no such unit");
        }
        return content;
    }

    @Override
    public void read(Unit unit, ByteBuffer into) throws IOException {
        into.put(content(unit));
    }

    public static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An image of nothing but these regions, of which the pool looks at nothing else. */
    public static Image image(Region... regions) {
        return new Image(
                new Origin("6.18.0", "0".repeat(64), 7, List.of()),
                new ProcessState(
                        "/bin/x",
                        "/",
                        18,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        Bytes.of(new byte[0]),
                        new ProcessState.Limit(0, 0),
                        List.of()),
                List.of(regions),
                List.of(),
                List.of(),
                List.of());
    }
}
