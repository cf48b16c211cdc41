package dev.instar.gateway;

import dev.instar.engine.FunctionLogs;
import dev.instar.engine.FunctionName;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Log lines in memory. */
final class MemoryLogs implements FunctionLogs {
    private record Follower(FunctionName function, Consumer<Line> sink) {}

    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final List<Follower> followers = new CopyOnWriteArrayList<>();

    void write(FunctionName function, String instance, String text) {
        Line line = new Line(Instant.now(), function, instance, "stdout", text);
        lines.add(line);
        followers.stream()
                .filter(each -> each.function().equals(function))
                .forEach(each -> each.sink().accept(line));
    }

    int followers() {
        return followers.size();
    }

    @Override
    public void read(FunctionName function, int tail, Instant since, String instance, Consumer<Line> sink) {
        List<Line> wanted = lines.stream()
                .filter(line -> line.function().equals(function))
                .filter(line -> !line.time().isBefore(since))
                .filter(line -> instance.isEmpty() || line.instance().equals(instance))
                .toList();
        wanted.stream().skip(tail < 0 ? 0 : Math.max(0, wanted.size() - tail)).forEach(sink);
    }

    @Override
    public Subscription follow(FunctionName function, int tail, Instant since, String instance, Consumer<Line> sink) {
        read(function, tail, since, instance, sink);
        Follower follower = new Follower(function, sink);
        followers.add(follower);
        return () -> followers.remove(follower);
    }
}
