package dev.instar.template.image;

import static dev.instar.template.image.Rule.require;

import dev.instar.template.image.Descriptor.Duplicate;
import dev.instar.template.image.Descriptor.Epoll;
import dev.instar.template.image.Descriptor.EventCounter;
import dev.instar.template.image.Descriptor.Interest;
import dev.instar.template.image.Descriptor.OpenFile;
import dev.instar.template.image.Descriptor.PipeEnd;
import dev.instar.template.image.Descriptor.Signals;
import dev.instar.template.image.Descriptor.Timer;
import dev.instar.template.image.Descriptor.UnconnectedSocket;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** What descriptors must be like so that the calls that make them succeed, and mean what they meant. */
final class DescriptorRules {
    private static final int MOST_INTERESTS = 1 << 16;
    private static final int O_NONBLOCK = 04000;
    private static final int O_DIRECT = 040000;
    private static final int EFD_SEMAPHORE = 1;
    private static final int ACCESS_MODE = 3;

    // O_CREAT, O_EXCL, O_TRUNC, O_CLOEXEC and what tells O_TMPFILE from O_DIRECTORY.
    private static final int MAKING_FLAGS = 0100 | 0200 | 01000 | 02000000 | 020000000;
    private static final int MOST_FLAGS = 0377777777;
    private static final int LEAST_PIPE = 4096;
    private static final int MOST_PIPE = 1 << 24;

    // CLOCK_REALTIME, CLOCK_MONOTONIC and CLOCK_BOOTTIME; the alarm clocks need a capability.
    private static final Set<Integer> CLOCKS = Set.of(0, 1, 7);

    // AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK.
    private static final Set<Integer> DOMAINS = Set.of(1, 2, 10, 16);

    // SOCK_STREAM, SOCK_DGRAM, SOCK_RAW (of AF_NETLINK) and SOCK_SEQPACKET.
    private static final Set<Integer> SOCKET_TYPES = Set.of(1, 2, 3, 5);
    private static final int MOST_PROTOCOL = 262;

    private final Set<Integer> numbers = new HashSet<>();
    private final Map<Long, PipeEnd> pipes = new HashMap<>();
    private final Set<Long> completePipes = new HashSet<>();
    private final IntPredicate given;

    private DescriptorRules(IntPredicate given) {
        this.given = given;
    }

    /** @param given tells numbers that every instance has at its start */
    static void check(List<Descriptor> descriptors, IntPredicate given) throws InvalidImageException {
        DescriptorRules rules = new DescriptorRules(given);
        int last = -1;
        for (Descriptor descriptor : descriptors) {
            int number = descriptor.number();
            require(
                    number > last && number <= Descriptor.HIGHEST,
                    "descriptor %d: out of order, there twice, or not a number it can have",
                    number);
            last = number;
            rules.one(descriptor);
            rules.numbers.add(number);
        }
        for (Descriptor descriptor : descriptors) {
            if (descriptor instanceof Epoll epoll) {
                rules.interests(epoll);
            }
        }
    }

    private void one(Descriptor descriptor) throws InvalidImageException {
        switch (descriptor) {
            case OpenFile file -> file(file);
            case Epoll epoll -> {}
            case EventCounter counter ->
                require(
                        counter.count() != -1 && (counter.flags() & ~(O_NONBLOCK | EFD_SEMAPHORE)) == 0,
                        "descriptor %d: an event counter that cannot be",
                        counter.number());
            case PipeEnd end -> pipe(end);
            case Timer timer ->
                require(
                        CLOCKS.contains(timer.clock())
                                && (timer.flags() & ~O_NONBLOCK) == 0
                                && timer.remainingNanos() >= 0
                                && timer.intervalNanos() >= 0,
                        "descriptor %d: a timer that cannot be",
                        timer.number());
            case Signals signals ->
                require(
                        (signals.flags() & ~O_NONBLOCK) == 0,
                        "descriptor %d: flags %o of a signal descriptor",
                        signals.number(),
                        signals.flags());
            case UnconnectedSocket socket ->
                require(
                        DOMAINS.contains(socket.domain())
                                && SOCKET_TYPES.contains(socket.type() & ~O_NONBLOCK)
                                && Rule.isBetween(socket.protocol(), 0, MOST_PROTOCOL),
                        "descriptor %d: a socket that a sandbox cannot have",
                        socket.number());
            case Duplicate duplicate ->
                require(
                        exists(duplicate.of()) && duplicate.of() != duplicate.number(),
                        "descriptor %d: the same as %d, which is not there before it",
                        duplicate.number(),
                        duplicate.of());
        }
    }

    private boolean exists(int number) {
        return numbers.contains(number) || given.test(number);
    }

    private static void file(OpenFile file) throws InvalidImageException {
        Rule.path("descriptor " + file.number(), file.path());
        require(
                Rule.isBetween(file.flags(), 0, MOST_FLAGS)
                        && (file.flags() & MAKING_FLAGS) == 0
                        && (file.flags() & ACCESS_MODE) != ACCESS_MODE,
                "descriptor %d: flags %o",
                file.number(),
                file.flags());
        require(file.position() >= 0, "descriptor %d: position %d", file.number(), file.position());
    }

    private void pipe(PipeEnd end) throws InvalidImageException {
        int number = end.number();
        require((end.flags() & ~(O_NONBLOCK | O_DIRECT)) == 0, "descriptor %d: flags %o", number, end.flags());
        require(
                Rule.isBetween(end.capacity(), LEAST_PIPE, MOST_PIPE) && Integer.bitCount(end.capacity()) == 1,
                "descriptor %d: a pipe of %d bytes",
                number,
                end.capacity());
        require(
                end.unread().length() <= end.capacity(),
                "descriptor %d: a pipe of %d bytes that holds %d",
                number,
                end.capacity(),
                end.unread().length());
        PipeEnd other = pipes.putIfAbsent(end.pipe(), end);
        if (other != null) {
            require(
                    other.writeEnd() != end.writeEnd() && completePipes.add(end.pipe()),
                    "descriptor %d: its pipe has an end twice",
                    number);
            require(
                    other.capacity() == end.capacity() && other.unread().equals(end.unread()),
                    "descriptor %d: the ends of its pipe disagree",
                    number);
        }
    }

    private void interests(Epoll epoll) throws InvalidImageException {
        require(
                epoll.interests().size() <= MOST_INTERESTS,
                "descriptor %d: %d interests",
                epoll.number(),
                epoll.interests().size());
        Set<Integer> watched = new HashSet<>();
        for (Interest interest : epoll.interests()) {
            require(
                    interest.descriptor() != epoll.number()
                            && exists(interest.descriptor())
                            && watched.add(interest.descriptor()),
                    "descriptor %d: watches %d, which is not there, itself, or watched already",
                    epoll.number(),
                    interest.descriptor());
        }
    }
}
