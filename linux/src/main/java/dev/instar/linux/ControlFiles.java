package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/** Reads and writes the files of control groups, with errors that say which file and why. */
final class ControlFiles {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");
    private static final int WRITE = 1;
    private static final long POLL_NANOS = 500_000;

    private ControlFiles() {}

    static String read(Path file) {
        try {
            return KernelFiles.read(file).strip();
        } catch (IOException e) {
            throw new ControlGroupException("cannot read " + file + ": " + reason(e), e);
        }
    }

    static long readNumber(Path file) {
        String text = read(file);
        if (text.equals("max")) {
            return ControlGroup.UNLIMITED;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new ControlGroupException("expected a number in " + file + " but found \"" + text + "\"", e);
        }
    }

    /** The number behind a key in a file of lines {@code key number}. */
    static long readKey(Path file, String key) {
        for (String line : read(file).lines().toList()) {
            if (line.startsWith(key) && line.startsWith(" ", key.length())) {
                return Long.parseLong(line.substring(key.length() + 1).strip());
            }
        }
        throw new ControlGroupException("no line \"" + key + "\" in " + file);
    }

    static List<Integer> readPids(Path file) {
        return read(file).lines().map(Integer::valueOf).toList();
    }

    static Set<String> readWords(Path file) {
        String text = read(file);
        return text.isEmpty() ? Set.of() : Set.of(text.split("\\s+", -1));
    }

    /**
     * Neither creates nor truncates: kernel files take one write as one order. The cause of a failure is the
     * {@link LinuxException}; {@code Files} would tell of EAGAIN only that nothing was written.
     */
    static void write(Path file, String text) {
        byte[] order = text.getBytes(StandardCharsets.US_ASCII);
        try (Fd open = Fd.openForWriting(file);
                Arena arena = Arena.ofConfined()) {
            Kernel.check(
                    "write(\"" + file + "\", \"" + text + "\")",
                    WRITE,
                    open.number(),
                    arena.allocateFrom(JAVA_BYTE, order).address(),
                    order.length);
        } catch (LinuxException e) {
            throw new ControlGroupException(
                    "cannot write \"" + text + "\" to " + file + ": " + Errno.name(e.errno()), e);
        }
    }

    static Path makeDirectory(Path parent, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a name for a control group: \"" + name + "\"");
        }
        try {
            return Files.createDirectories(parent.resolve(name));
        } catch (IOException e) {
            throw new ControlGroupException(
                    "cannot create the control group " + parent.resolve(name) + ": " + reason(e)
                            + "; run as root, or in a systemd unit with Delegate=yes",
                    e);
        }
    }

    static List<String> childNames(Path directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, Files::isDirectory)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new ControlGroupException("cannot list " + directory + ": " + reason(e), e);
        }
        return names;
    }

    /** Removes a group's directory, trying again while the kernel says that a process is still in it. */
    static void removeDirectory(Path directory, Duration timeout) {
        boolean gone = await(timeout, () -> {
            try {
                Files.deleteIfExists(directory);
                return true;
            } catch (FileSystemException e) {
                // EBUSY: processes that were killed leave their groups some time after the signal.
                return false;
            } catch (IOException e) {
                throw new ControlGroupException("cannot remove " + directory + ": " + reason(e), e);
            }
        });
        if (!gone) {
            throw new ControlGroupException("cannot remove " + directory + " within " + timeout.toMillis()
                    + " ms: processes " + readPids(directory.resolve("cgroup.procs")) + " are still in it, groups "
                    + childNames(directory) + " below it");
        }
    }

    /** Polls, since a kernfs file tells of its changes only through a descriptor that somebody keeps open. */
    static boolean await(Duration timeout, BooleanSupplier condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** The system's words, without the path that the message already has. */
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "no such file or directory";
            case FileSystemException failed when failed.getReason() != null -> failed.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
