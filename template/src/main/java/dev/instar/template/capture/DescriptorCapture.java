package dev.instar.template.capture;

import dev.instar.linux.ForeignDescriptors;
import dev.instar.linux.OpenDescriptor;
import dev.instar.linux.SocketState;
import dev.instar.template.image.Descriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Takes the open descriptors. */
final class DescriptorCapture {
    private static final int O_NONBLOCK = 04000;
    private static final int O_ASYNC = 020000;
    private static final Set<Integer> SOCKET_DOMAINS = Set.of(1, 2, 10);
    private static final Set<Integer> SOCKET_TYPES = Set.of(1, 2, 5);
    private static final String CLOSE = "close it in a before-checkpoint hook";

    /** What cannot be cloned, by how its target begins. */
    private static final Map<String, String> REFUSED = Map.of(
            "anon_inode:inotify", "an inotify watch",
            "anon_inode:[fanotify]", "a fanotify group",
            "anon_inode:[io_uring]", "an io_uring",
            "anon_inode:[perf_event]", "a performance counter",
            "anon_inode:[pidfd]", "a pidfd",
            "pidfd:", "a pidfd",
            "anon_inode:[userfaultfd]", "a userfaultfd",
            "/memfd:", "a memfd");

    private final ForeignDescriptors foreign;
    private final OpenFileCapture openFiles;

    DescriptorCapture(ForeignDescriptors foreign, OpenFileCapture openFiles) {
        this.foreign = foreign;
        this.openFiles = openFiles;
    }

    /**
     * Takes all but those that are given.
     *
     * @param open by ascending number
     * @param given numbers that every instance finds open at its start
     */
    List<Descriptor> capture(List<OpenDescriptor> open, Set<Integer> given) throws IOException {
        List<OpenDescriptor> known = new ArrayList<>();
        open.stream().filter(one -> given.contains(one.number())).forEach(known::add);
        List<OpenDescriptor> own = new ArrayList<>();
        List<Descriptor> captured = new ArrayList<>();
        for (OpenDescriptor one : open) {
            if (!given.contains(one.number())) {
                Optional<OpenDescriptor> original = original(one, known);
                if (original.isPresent()) {
                    captured.add(new Descriptor.Duplicate(
                            one.number(), one.closeOnExec(), original.get().number()));
                } else {
                    known.add(one);
                    own.add(one);
                }
            }
        }
        Pipes pipes = new Pipes(foreign, open, own);
        Set<Integer> numbers = open.stream().map(OpenDescriptor::number).collect(Collectors.toSet());
        for (OpenDescriptor one : own) {
            captured.add(capture(one, pipes, numbers));
        }
        captured.sort(Comparator.comparingInt(Descriptor::number));
        return captured;
    }

    private Optional<OpenDescriptor> original(OpenDescriptor one, List<OpenDescriptor> known) {
        return known.stream()
                .filter(other -> other.target().equals(one.target()))
                .filter(other -> foreign.sameFile(other.number(), one.number()))
                .findFirst();
    }

    private Descriptor capture(OpenDescriptor one, Pipes pipes, Set<Integer> numbers) throws IOException {
        checkState(one);
        if (one.number() > Descriptor.HIGHEST) {
            throw refused(one, one.target() + ", a number above " + Descriptor.HIGHEST);
        }
        String target = one.target();
        int number = one.number();
        boolean closeOnExec = one.closeOnExec();
        int nonBlocking = one.flags() & O_NONBLOCK;
        return switch (target) {
            case "anon_inode:[eventpoll]" ->
                new Descriptor.Epoll(number, closeOnExec, EpollInterests.of(one, numbers, foreign));
            case "anon_inode:[eventfd]" ->
                new Descriptor.EventCounter(
                        number,
                        closeOnExec,
                        Long.parseUnsignedLong(one.detail("eventfd-count").orElse("0"), 16),
                        nonBlocking
                                | Integer.parseInt(
                                        one.detail("eventfd-semaphore").orElse("0")));
            case "anon_inode:[signalfd]" ->
                new Descriptor.Signals(
                        number,
                        closeOnExec,
                        Long.parseUnsignedLong(one.detail("sigmask").orElse("0"), 16),
                        nonBlocking);
            case "anon_inode:[timerfd]" -> TimerDetails.of(one, nonBlocking);
            default -> {
                if (target.startsWith("pipe:[")) {
                    yield pipes.end(one);
                }
                if (target.startsWith("socket:[")) {
                    yield socket(one);
                }
                if (target.startsWith("/")) {
                    yield openFiles.capture(one);
                }
                throw refused(one, target);
            }
        };
    }

    private static void checkState(OpenDescriptor one) {
        REFUSED.forEach((target, name) -> {
            if (one.target().startsWith(target)) {
                throw refused(one, name);
            }
        });
        if (one.detail("lock").isPresent()) {
            throw new CaptureRefusedException(
                    "descriptor " + one.number() + ": a file lock on " + one.target(),
                    "unlock it in a before-checkpoint hook");
        }
        if ((one.flags() & O_ASYNC) != 0) {
            throw refused(one, one.target() + " sends signals (O_ASYNC)");
        }
    }

    private Descriptor socket(OpenDescriptor one) {
        SocketState socket = foreign.socket(one.number());
        if (socket.connected()
                || socket.bound()
                || socket.listening()
                || !SOCKET_DOMAINS.contains(socket.domain())
                || !SOCKET_TYPES.contains(socket.type())) {
            throw refused(one, socket.describe());
        }
        return new Descriptor.UnconnectedSocket(
                one.number(),
                one.closeOnExec(),
                socket.domain(),
                socket.type() | (one.flags() & O_NONBLOCK),
                socket.protocol());
    }

    static CaptureRefusedException refused(OpenDescriptor one, String what) {
        return new CaptureRefusedException("descriptor " + one.number() + ": " + what, CLOSE);
    }
}
