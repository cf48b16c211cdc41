package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.Priority;
import dev.instar.engine.instances.StartTicket.State;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which start begins next, and for which one room has to be made: every decision about starts that concerns more than
 * one function. It blocks nowhere and knows only the time and the memory it is told, so that the same events give the
 * same decisions. Not thread-safe; {@link Admission} guards it and does what it decides.
 *
 * <p>Starts wait in a {@link StartQueue}. The first in turn begins if one of the concurrent starts is free and it has
 * room: below the node's memory bound, below its namespace's quota, and as far as is known a sandbox. If it lacks
 * something, an instance that nobody uses has to end for it; if there is none, it waits. What concerns the whole node
 * holds up all behind it, since whoever needs less would otherwise pass it for ever; a quota holds up its namespace.
 * Where nothing becomes idle, busy functions with more than others have to yield between two calls: see
 * {@link #yields}.
 */
final class StartPolicy {
    /** How long a wait raises a start's priority by one. */
    static final Duration AGING = Duration.ofSeconds(2);
    /** How long a start lacks room until a busy function that has more has to yield an instance. */
    static final Duration SLICE = Duration.ofMillis(500);

    private static final int MANY = Integer.MAX_VALUE;

    private final Room room;
    private final StartQueue<StartTicket> queue = new StartQueue<>(AGING);
    /** Waiting starts that lack room now that nothing can be ended, by the latest decision; one of each function. */
    private final Set<StartTicket> stuck = new LinkedHashSet<>();
    /** Those that an instance has yielded to. */
    private final Set<StartTicket> promised = new LinkedHashSet<>();

    private int makingRoom;
    private long changes;
    /** Times that a sandbox came back. */
    private long sandboxesBack;
    /** How many sandboxes are to be had, once one was not; {@link #MANY} as long as none has been missed. */
    private int sandboxes = MANY;

    StartPolicy(Room room) {
        this.room = room;
    }

    /** What is to be done next. */
    sealed interface Decision {
        /** This start may begin. */
        record Begin(StartTicket ticket) implements Decision {}

        /**
         * Something idle has to end for this start; {@link #madeRoom} follows.
         *
         * @param count how many instances, at the most
         */
        record MakeRoom(StartTicket ticket, Shortage shortage, int count) implements Decision {}

        /** This start in the background finds no room and is given up. */
        record GiveUp(StartTicket ticket, Shortage shortage) implements Decision {}
    }

    /** Lets a start wait for its turn. */
    void submit(StartTicket ticket, long now) {
        ticket.place = queue.add(ticket, ticket.priority(), ticket.function(), now);
        ticket.state = State.WAITING;
    }

    /** A start gives up, whether it waits or has been given its turn. Its tenant is not charged for it. */
    void withdraw(StartTicket ticket) {
        StartQueue.Place<StartTicket> place = Objects.requireNonNull(ticket.place);
        if (ticket.state == State.STARTING) {
            room.giveBack(ticket);
            queue.refund(place);
            addSandbox();
        } else {
            makingRoom -= ticket.state == State.MAKING_ROOM ? 1 : 0;
            queue.remove(place);
        }
        ticket.state = State.GONE;
    }

    /** A start that had its turn found all sandboxes in use: it waits again where it was. */
    void lackedSandbox(StartTicket ticket) {
        room.giveBack(ticket);
        queue.putBack(Objects.requireNonNull(ticket.place));
        ticket.state = State.WAITING;
        // One that came back while it tried is still to be had.
        if (ticket.begunAt == sandboxesBack) {
            sandboxes = 0;
        }
    }

    /** A start has succeeded; nothing happens if its instance has been released by now. */
    void settled(StartTicket ticket) {
        if (ticket.state == State.STARTING) {
            room.settle(ticket);
            changes++;
        }
    }

    /** An instance and its sandbox are gone, or its start failed. */
    void released(StartTicket ticket) {
        room.giveBack(ticket);
        sandboxCameBack();
    }

    /** There may be something to end now. */
    void changed() {
        changes++;
    }

    /** A sandbox that no ticket stands for has come back. */
    void sandboxCameBack() {
        changes++;
        sandboxesBack++;
        addSandbox();
    }

    /**
     * Others may have given back sandboxes: one start may look. Not while something is ended for a start, which will be
     * told: what comes back while the first in turn is away looking would go to the second.
     */
    void sandboxesMayBeBack() {
        changes++;
        if (makingRoom == 0) {
            sandboxes = Math.max(sandboxes, 1);
        }
    }

    private void addSandbox() {
        if (sandboxes != MANY) {
            sandboxes++;
        }
    }

    /**
     * {@link Decision.MakeRoom} has been done. What it freed has been told by then, so that the start may have begun.
     */
    void madeRoom(StartTicket ticket) {
        if (ticket.state == State.MAKING_ROOM) {
            makingRoom--;
            ticket.state = State.WAITING;
        }
    }

    /** How many starts wait. */
    int waiting() {
        return queue.size();
    }

    /** Whether starts lack room, so that an instance that becomes idle could end for one. */
    boolean someLackRoom() {
        return makingRoom > 0 || !stuck.isEmpty();
    }

    /** What a waiting start lacks, other than its turn; null if nothing. */
    @Nullable
    Shortage shortage(StartTicket ticket, long chargedBytes) {
        Shortage.Kind kind = room.shortage(ticket, chargedBytes);
        if (kind == null && sandboxes == 0) {
            kind = Shortage.Kind.SANDBOX;
        }
        return kind == null ? null : new Shortage(ticket.function(), kind);
    }

    /**
     * The next thing to do; null if there is nothing until something changes. To be asked again until it says so.
     *
     * @param chargedBytes memory of all workloads together, as measured
     */
    @Nullable
    Decision decide(long now, long chargedBytes) {
        stuck.clear();
        promised.removeIf(ticket -> ticket.state != State.WAITING && ticket.state != State.MAKING_ROOM);
        Set<String> heldUp = new HashSet<>();
        while (room.freeStarts() > 0) {
            StartTicket ticket = first(now, heldUp);
            if (ticket == null) {
                return null;
            }
            Shortage shortage = shortage(ticket, chargedBytes);
            if (shortage == null) {
                return begin(ticket);
            }
            if (ticket.background()) {
                withdraw(ticket);
                return new Decision.GiveUp(ticket, shortage);
            }
            if (ticket.state == State.WAITING && ticket.triedAt != changes) {
                ticket.state = State.MAKING_ROOM;
                makingRoom++;
                ticket.triedAt = changes;
                return new Decision.MakeRoom(ticket, shortage, atOnce(shortage));
            }
            holdUp(shortage, now);
            if (shortage.kind().nodeWide()) {
                return null;
            }
            heldUp.add(ticket.function().namespace());
        }
        return null;
    }

    private @Nullable StartTicket first(long now, Set<String> heldUp) {
        for (StartTicket ticket : promised) {
            if (!heldUp.contains(ticket.function().namespace())) {
                return ticket;
            }
        }
        StartQueue.Place<StartTicket> place = queue.next(now, namespace -> !heldUp.contains(namespace));
        return place == null ? null : place.item();
    }

    private void holdUp(Shortage shortage, long now) {
        for (StartQueue.Place<StartTicket> place : queue.firstOfEach(now)) {
            StartTicket ticket = place.item();
            boolean concerned = shortage.kind().nodeWide()
                    || ticket.function().namespace().equals(shortage.function().namespace());
            if (concerned && !ticket.background() && stuck.add(ticket)) {
                ticket.shortSince = Math.min(ticket.shortSince, now);
                ticket.lack = shortage.kind();
            }
        }
    }

    private Decision begin(StartTicket ticket) {
        madeRoom(ticket);
        queue.serve(Objects.requireNonNull(ticket.place));
        room.take(ticket);
        ticket.begunAt = sandboxesBack;
        if (queue.size() == 0 && sandboxes > 0) {
            sandboxes = MANY;
        } else if (sandboxes != MANY) {
            sandboxes--;
        }
        return new Decision.Begin(ticket);
    }

    /** A sandbox serves one start, and ending an instance takes longer than many a start: as many as can begin. */
    private int atOnce(Shortage shortage) {
        return shortage.kind() == Shortage.Kind.SANDBOX ? Math.min(room.freeStarts(), queue.size()) : 1;
    }

    /**
     * Whether an instance that could take its function's next waiting call has to end for a start that is stuck. A
     * start is granted that once in each {@link #SLICE}.
     *
     * <p>Only of tenants that have more than the start's own, and within a tenant of functions that have more, so that
     * all come to an equal share (max-min fairness); where the share is less than one instance, they take turns.
     */
    boolean yields(FunctionName holder, Priority priority, long now) {
        for (StartTicket ticket : stuck) {
            if (isDue(ticket, priority, now) && hasMore(holder, ticket)) {
                promised.add(ticket);
                ticket.shortSince = now;
                return true;
            }
        }
        return false;
    }

    private boolean isDue(StartTicket ticket, Priority holder, long now) {
        StartQueue.Place<StartTicket> place = Objects.requireNonNull(ticket.place);
        return now - ticket.shortSince >= SLICE.toNanos() && queue.level(place, now) <= holder.level();
    }

    private boolean hasMore(FunctionName holder, StartTicket ticket) {
        FunctionName claimant = ticket.function();
        boolean sameTenant = holder.namespace().equals(claimant.namespace());
        int held = sameTenant ? room.instancesOf(holder) : room.instancesOf(holder.namespace());
        int claimed = sameTenant ? room.instancesOf(claimant) : room.instancesOf(claimant.namespace());
        // Another tenant's instances do not count against this one's quota.
        boolean helps = sameTenant || ticket.lack != Shortage.Kind.QUOTA;
        return helps && !holder.equals(claimant) && (claimed == 0 || held >= claimed + 2);
    }
}
