package dev.instar.cli.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Everything on the machine that belongs to the node of one data directory. */
public final class Footprint {
    private static final Pattern UID = Pattern.compile("(?m)^Uid:\\s+(\\d+)");
    private static final int UIDS = 2 * NodeConfiguration.Sandboxes.DEFAULT.maximum();

    private final Path data;
    private final HostShare share;

    /** Looks for what belongs to the node with this data directory. */
    public Footprint(Path data) {
        this.data = data;
        this.share = HostShare.of(data, NodeConfiguration.Sandboxes.DEFAULT);
    }

    /**
     * One line for each process, mount, control group, network device, directory; none if the node has left nothing.
     */
    public static List<String> of(Path data) throws IOException {
        Footprint footprint = new Footprint(data);
        List<String> found = new ArrayList<>();
        found.addAll(footprint.processes());
        found.addAll(footprint.mounts());
        footprint.controlGroups().forEach(group -> found.add("control group " + group));
        found.addAll(footprint.networkDevices());
        for (Path directory : List.of(footprint.runDirectory(), data)) {
            if (Files.exists(directory)) {
                found.add("directory " + directory);
            }
        }
        return found;
    }

    /** Processes that name one of the node's directories, are in one of its groups or roots, or have one of its ids. */
    public List<String> processes() throws IOException {
        return processesBegunBefore(Instant.MAX);
    }

    /** Those among {@link #processes} that are older than a moment. */
    public List<String> processesBegunBefore(Instant moment) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                if (process.getFileName().toString().matches("\\d+")
                        && belongs(process)
                        && isBegunBefore(process, moment)) {
                    found.add("process " + process.getFileName() + " "
                            + read(process.resolve("cmdline")).replace('\0', ' ') + read(process.resolve("comm")));
                }
            }
        }
        return found;
    }

    /** Mounts that this process sees. */
    public List<String> mounts() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(share.nodeId()) || line.contains(data.toString()))
                .map(line -> "mount " + line)
                .toList();
    }

    /** Its control groups and those below, in every hierarchy. */
    public List<Path> controlGroups() throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(Path.of("/sys/fs/cgroup"), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                if (directory.toString().contains("instar-" + share.nodeId())) {
                    found.add(directory);
                }
                return FileVisitResult.CONTINUE;
            }

            // Groups come and go while they are looked at.
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }

    /** Bridges and ports. */
    public List<String> networkDevices() throws IOException {
        try (Stream<Path> devices = Files.list(Path.of("/sys/class/net"))) {
            return devices.filter(device -> device.getFileName().toString().contains(share.nodeId()))
                    .map(device -> "network device " + device)
                    .toList();
        }
    }

    /** For what does not survive a restart. */
    public Path runDirectory() {
        return share.runDirectory();
    }

    private boolean belongs(Path process) {
        String command = read(process.resolve("cmdline"));
        Matcher uid = UID.matcher(read(process.resolve("status")));
        long above = uid.find() ? Long.parseLong(uid.group(1)) - share.firstUid() : -1;
        return command.contains(data.toString())
                || command.contains(runDirectory().toString())
                || read(process.resolve("cgroup")).contains(share.nodeId())
                || read(process.resolve("mountinfo")).contains("instar-" + share.nodeId())
                || (above >= 0 && above < UIDS);
    }

    private static boolean isBegunBefore(Path process, Instant moment) {
        return ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
                .flatMap(handle -> handle.info().startInstant())
                .filter(begun -> begun.isBefore(moment))
                .isPresent();
    }

    /** A process may end while it is looked at. */
    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
