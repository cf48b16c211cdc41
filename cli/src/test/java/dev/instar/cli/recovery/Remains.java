package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.cli.node.Footprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks for what a killed node leaves. */
final class Remains {
    /** Generous for a busy machine; what the kernel does by itself takes milliseconds. */
    private static final Duration PROCESS_PATIENCE = Duration.ofSeconds(15);
    /** A sandbox's group begins with the second in which its node was started, in base 36. */
    private static final Pattern SANDBOX_GROUP = Pattern.compile("/instances/([0-9a-z]+)-\\d+$");

    private final Footprint footprint;
    private final Path data;
    private final Path temporary;

    /** @param temporary the node's directory for temporary files */
    Remains(Path data, Path temporary) {
        this.footprint = new Footprint(data);
        this.data = data;
        this.temporary = temporary;
    }

    /**
     * After a kill, without any help: every process ends, and with the processes their namespaces.
     *
     * @return how long that took
     */
    Duration awaitNoProcess() throws IOException {
        long killed = System.nanoTime();
        await().atMost(PROCESS_PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(footprint.processes()).isEmpty());
        Duration took = Duration.ofNanos(System.nanoTime() - killed);
        assertThat(footprint.mounts()).isEmpty();
        return took;
    }

    /** Counts what only the next run can clear away, so that a report shows that there was something. */
    void count(Tally tally) throws IOException {
        if (!footprint.controlGroups().isEmpty()) {
            tally.add("kills that left control groups");
        }
        if (!footprint.networkDevices().isEmpty()) {
            tally.add("kills that left a bridge");
        }
        if (!drafts().isEmpty()) {
            tally.add("kills that left drafts of code");
        }
    }

    /** Once the next run is ready, and before anybody has asked it for anything. */
    void requireNothingFromBefore(KillableNode run) throws IOException {
        await().atMost(PROCESS_PATIENCE)
                .untilAsserted(() -> assertThat(footprint.processesBegunBefore(run.processStart()))
                        .isEmpty());
        Instant start = run.begun();
        for (Path group : footprint.controlGroups()) {
            Matcher sandbox = SANDBOX_GROUP.matcher(group.toString());
            if (sandbox.find()) {
                assertThat(Long.parseLong(sandbox.group(1), 36))
                        .as("%s is of an earlier run", group)
                        .isGreaterThanOrEqualTo(start.getEpochSecond());
            }
        }
        assertThat(footprint.mounts()).isEmpty();
        assertThat(footprint.networkDevices()).isEmpty();
        assertThat(olderThan(start, footprint.runDirectory())).isEmpty();
        assertThat(olderThan(start, data.resolve("tmp"))).isEmpty();
        assertThat(temporary).isEmptyDirectory();
        assertThat(drafts()).isEmpty();
    }

    /** Drafts of code, half written bytecode included. */
    List<Path> drafts() throws IOException {
        List<Path> drafts = new ArrayList<>();
        for (Path file : Directories.files(data.resolve("code"))) {
            String path = file.toString();
            if (path.contains("/tmp-") || path.endsWith(".tmp")) {
                drafts.add(file);
            }
        }
        return drafts;
    }

    /** Bodies of queued calls that are in files of their own. */
    List<Path> bodies() throws IOException {
        return Directories.files(data.resolve("async"));
    }

    private static List<Path> olderThan(Instant start, Path directory) throws IOException {
        List<Path> older = new ArrayList<>();
        for (Path file : Directories.files(directory)) {
            FileTime changed = (FileTime) Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
            if (changed.toInstant().isBefore(start)) {
                older.add(file);
            }
        }
        return older;
    }
}
