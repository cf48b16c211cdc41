package dev.instar.sandbox;

import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroups;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears up after a node that was killed or could not start: whatever carries its id. Its processes have ended with its
 * launcher already.
 */
final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
    private static final Duration END = Duration.ofSeconds(20);

    private Leftovers() {}

    static String groupName(String nodeId) {
        return "instar-" + nodeId;
    }

    static void remove(SandboxSettings settings) throws IOException {
        for (ControlGroup group : ControlGroups.detect().findAll(groupName(settings.nodeId()))) {
            LOG.info("removing control group {}, left behind", group.name());
            group.kill();
            group.delete(END);
        }
        removeNetwork(settings.nodeId());
        removeTree(settings.runDirectory());
    }

    /** A host whose kernel has no packet filter can run everything but instances with a bridge network. */
    private static void removeNetwork(String nodeId) {
        try {
            BridgeNetwork.removeLeftovers(nodeId);
        } catch (IOException e) {
            LOG.warn("cannot look for network devices and rules of an earlier run: {}", e.getMessage());
        }
    }

    static void removeTree(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
