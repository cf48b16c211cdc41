package dev.instar.template.capture;

import java.time.Duration;
import java.util.List;

/**
 * How captures are made.
 *
 * @param stopLimit how long a thread may take to stop
 * @param gapPages runs of zero or unmodified pages that are at most this long are stored with what surrounds them, so
 *     that regions stay few: every clone pays for each
 * @param maximumRegions longer runs are stored too until there are no more regions than this
 * @param ownDirectories directories inside the sandbox that every instance has of its own, so that files in them are
 *     not there in a clone
 */
public record CaptureSettings(Duration stopLimit, int gapPages, int maximumRegions, List<String> ownDirectories) {
    /** 2 s, 64 pages, 2048 regions, {@code /tmp} and {@code /dev/shm}. */
    public static final CaptureSettings DEFAULT =
            new CaptureSettings(Duration.ofSeconds(2), 64, 2048, List.of("/tmp", "/dev/shm"));

    public CaptureSettings {
        ownDirectories = List.copyOf(ownDirectories);
        if (gapPages < 0 || maximumRegions < 1) {
            throw new IllegalArgumentException("a gap of " + gapPages + " pages, " + maximumRegions + " regions");
        }
    }
}
