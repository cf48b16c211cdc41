package dev.instar.cli.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Everything on the machine that belongs to the node of one data directory. */
public final class Footprint {
    private Footprint() {}

    /**
     * One line for each process, mount, control group, network device, directory; none if the node has left nothing.
     */
    public static List<String> of(Path data) throws IOException {
        HostShare share = HostShare.of(data, NodeConfiguration.Sandboxes.DEFAULT);
        List<String> found = new ArrayList<>();
        addProcesses(found, share, data);
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (line.contains(share.nodeId()) || line.contains(data.toString())) {
                found.add("mount " + line);
            }
        }
        addControlGroups(found, share);
        try (Stream<Path> devices = Files.list(Path.of("/sys/class/net"))) {
            devices.filter(device -> device.getFileName().toString().contains(share.nodeId()))
                    .forEach(device -> found.add("network device " + device));
        }
        for (Path directory : List.of(share.runDirectory(), data)) {
            if (Files.exists(directory)) {
                found.add("directory " + directory);
            }
        }
        return found;
    }

    /** Groups come and go while they are looked at. */
    private static void addControlGroups(List<String> found, HostShare share) throws IOException {
        Files.walkFileTree(Path.of("/sys/fs/cgroup"), Set.of(), 6, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path group, BasicFileAttributes attributes) {
                if (!group.getFileName().toString().contains(share.nodeId())) {
                    return FileVisitResult.CONTINUE;
                }
                found.add("control group " + group);
                return FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path group, IOException failure) {
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void addProcesses(List<String> found, HostShare share, Path data) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                if (!process.getFileName().toString().matches("\\d+")) {
                    continue;
                }
                String command = read(process.resolve("cmdline")).replace('\0', ' ');
                String groups = read(process.resolve("cgroup"));
                String root = read(process.resolve("mountinfo"));
                if (command.contains(data.toString())
                        || groups.contains(share.nodeId())
                        || root.contains(share.runDirectory().toString())) {
                    found.add("process " + process.getFileName() + " " + command);
                }
            }
        }
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
