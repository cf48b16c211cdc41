package dev.instar.template.capture;

import dev.instar.template.image.Image;
import dev.instar.template.image.Region;
import dev.instar.template.image.ThreadState;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An image with its units, taken from a program of the test's. */
record Taken(Image image, Map<Region.Unit, byte[]> units) {
    private static final Capture CAPTURE =
            new Capture(new CaptureSettings(Duration.ofSeconds(5), 64, 2048, List.of()), new FileDigests());

    static Taken from(Program program) throws IOException {
        return from(CAPTURE, program);
    }

    static Taken from(Capture capture, Program program) throws IOException {
        Map<Region.Unit, byte[]> units = new HashMap<>();
        Image image = capture.capture(program.pid(), Set.of(0, 1, 2), (start, bytes) -> {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            String digest = HexFormat.of().formatHex(FileDigests.sha256().digest(copy));
            units.put(new Region.Unit(start, copy.length, digest), copy);
            return digest;
        });
        return new Taken(image, units);
    }

    /** The bytes of a region with content. */
    byte[] bytes(Region.Content region) {
        byte[] all = new byte[Math.toIntExact(region.length())];
        for (Region.Unit unit : region.units()) {
            byte[] bytes = units.get(unit);
            if (bytes == null) {
                throw new AssertionError("not handed to the sink: " + unit);
            }
            System.arraycopy(bytes, 0, all, Math.toIntExact(unit.start() - region.start()), bytes.length);
        }
        return all;
    }

    /** The thread of an id. */
    ThreadState thread(int id) {
        return image.threads().stream()
                .filter(thread -> thread.id() == id)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no thread " + id));
    }

    /** The region at an address. */
    Region at(long address) {
        return image.regions().stream()
                .filter(region -> region.start() <= address && address < region.end())
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing at " + Long.toHexString(address)));
    }
}
