package dev.instar.engine.logs;

import dev.instar.engine.FunctionLogs;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Function logs in files below one directory, {@code NAMESPACE/NAME/log.N.ndjson}. Thread-safe. */
public final class FileFunctionLogs implements FunctionLogs, AutoCloseable {
    private final Path directory;
    private final LogSettings settings;
    private final Clock clock;
    private final ConcurrentMap<FunctionName, LogFile> files = new ConcurrentHashMap<>();

    /** @param directory made when the first line is written */
    public FileFunctionLogs(Path directory, LogSettings settings, Clock clock) {
        this.directory = directory;
        this.settings = settings;
        this.clock = clock;
    }

    /** Where the output of a new instance goes. */
    public InstanceOutput output(FunctionName function, String instance) {
        // Bound to the file as it is now: what outlives the function's removal must not bring its log back.
        return new InstanceOutput(function, instance, settings, clock, file(function)::append);
    }

    /** Deletes what a removed function has written. */
    public void remove(FunctionName function) {
        LogFile file = files.remove(function);
        if (file == null) {
            file = open(function);
        }
        file.remove();
    }

    /**
     * Deletes what functions other than these have written: a node that is killed after it has forgotten a function and
     * before it has deleted the function's log leaves it.
     */
    public void retain(Set<FunctionName> functions) {
        for (Path namespace : directories(directory)) {
            for (Path place : directories(namespace)) {
                functionOf(namespace, place)
                        .filter(function -> !functions.contains(function))
                        .ifPresent(this::remove);
            }
        }
    }

    /** Closes files that have not been written since the last call; to be called every minute or so. */
    public void tidy() {
        files.values().forEach(LogFile::closeIfQuiet);
    }

    @Override
    public void read(FunctionName function, int tail, Instant since, String instance, Consumer<Line> sink) {
        try {
            LogFile file = files.getOrDefault(function, open(function));
            newest(function, file.segments(), tail, new LogFilter(since, instance))
                    .forEach(sink);
        } catch (IOException e) {
            throw unreadable(function, e);
        }
    }

    @Override
    public Subscription follow(FunctionName function, int tail, Instant since, String instance, Consumer<Line> sink) {
        LogFile file = file(function);
        LogFilter filter = new LogFilter(since, instance);
        List<LogSegment> segments = new ArrayList<>();
        Follower follower = new Follower(file, function, filter, sink, () -> newest(function, segments, tail, filter));
        try {
            segments.addAll(file.segmentsAndFollow(follower));
        } catch (IOException e) {
            throw unreadable(function, e);
        }
        follower.start();
        return follower;
    }

    @Override
    public void close() {
        files.values().forEach(LogFile::close);
    }

    private static List<Path> directories(Path parent) {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(Files::isDirectory).toList();
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            throw new StorageException("cannot read " + parent + ": " + e.getMessage(), e);
        }
    }

    private static Optional<FunctionName> functionOf(Path namespace, Path place) {
        try {
            return Optional.of(
                    new FunctionName(String.valueOf(namespace.getFileName()), String.valueOf(place.getFileName())));
        } catch (InvalidRequestException _) {
            return Optional.empty(); // Not a log, and not ours to delete.
        }
    }

    private LogFile file(FunctionName function) {
        return files.computeIfAbsent(function, this::open);
    }

    private LogFile open(FunctionName function) {
        Path place = directory.resolve(function.namespace()).resolve(function.name());
        return new LogFile(function, place, settings);
    }

    /** Reads the newest file first and older ones only while lines are missing. */
    private static List<Line> newest(FunctionName function, List<LogSegment> segments, int tail, LogFilter filter) {
        Deque<List<Line>> parts = new ArrayDeque<>();
        int missing = tail < 0 ? Integer.MAX_VALUE : tail;
        try {
            for (LogSegment segment : segments.reversed()) {
                if (missing > 0) {
                    List<Line> part = newest(function, segment, missing, filter);
                    parts.addFirst(part);
                    missing -= part.size();
                }
            }
        } catch (IOException e) {
            throw unreadable(function, e);
        } finally {
            closeAll(function, segments);
        }
        return parts.stream().flatMap(List::stream).toList();
    }

    private static List<Line> newest(FunctionName function, LogSegment segment, int atMost, LogFilter filter)
            throws IOException {
        Deque<Line> lines = new ArrayDeque<>();
        segment.read(function, filter, line -> {
            if (lines.size() == atMost) {
                lines.removeFirst();
            }
            lines.addLast(line);
        });
        return List.copyOf(lines);
    }

    private static void closeAll(FunctionName function, List<LogSegment> segments) {
        for (LogSegment segment : segments) {
            try {
                segment.close();
            } catch (IOException e) {
                throw unreadable(function, e);
            }
        }
    }

    private static StorageException unreadable(FunctionName function, IOException e) {
        StorageException failure = new StorageException("the log of " + function + " cannot be read: " + e);
        failure.initCause(e);
        return failure;
    }
}
