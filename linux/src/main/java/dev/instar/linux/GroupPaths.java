package dev.instar.linux;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where in a mounted hierarchy things are. */
final class GroupPaths {
    private GroupPaths() {}

    /**
     * This process's own directory under a mount.
     *
     * @param membership the text of {@code /proc/self/cgroup}: lines {@code id:controllers:path}
     * @param controller the v1 controller, or empty for v2
     */
    static Path own(MountEntry mount, String membership, String controller) {
        for (String line : membership.lines().toList()) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3 && Arrays.asList(fields[1].split(",", -1)).contains(controller)) {
                return below(mount, fields[2]);
            }
        }
        return mount.mountPoint();
    }

    /** In a container the mount may show only a part of the hierarchy, and the path may count from outside of it. */
    private static Path below(MountEntry mount, String path) {
        Path root = Path.of(mount.root());
        Path group = Path.of(path).normalize();
        if (!group.startsWith(root)) {
            return mount.mountPoint();
        }
        return mount.mountPoint().resolve(root.relativize(group)).normalize();
    }

    /** Every directory of a name below another. Directories that vanish meanwhile are passed over. */
    static List<Path> named(Path top, String name) {
        List<Path> found = new ArrayList<>();
        try {
            Files.walkFileTree(top, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    if (directory.endsWith(name)) {
                        found.add(directory);
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new ControlGroupException("cannot search " + top + ": " + e.getMessage(), e);
        }
        return found;
    }
}
