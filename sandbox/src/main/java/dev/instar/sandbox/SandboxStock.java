package dev.instar.sandbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The books of a pool: which sandboxes stand ready, who waits for one, and how many are being built, used and cleaned.
 * A sandbox is counted from the moment it is built until nothing of it is left. Thread-safe; does no system calls.
 */
final class SandboxStock {
    private final int maximum;
    private final Demand demand;
    private final Runnable startBuild;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<PreparedSandbox> ready = new ArrayDeque<>();
    private final Deque<CompletableFuture<PreparedSandbox>> waiting = new ArrayDeque<>();
    private int building;
    private int cleaning;
    private int total;
    private boolean closed;

    /** @param startBuild has a sandbox built by another thread, which tells {@link #built} */
    SandboxStock(int floor, int maximum, Runnable startBuild) {
        this.maximum = maximum;
        this.demand = new Demand(floor, maximum);
        this.startBuild = startBuild;
    }

    /**
     * One that is ready, or becomes so.
     *
     * @throws SandboxException if there can be no more, or the pool is closed
     */
    CompletableFuture<PreparedSandbox> take() throws SandboxException {
        lock.lock();
        try {
            if (closed) {
                throw new SandboxException("sandbox", "the pool is closed");
            }
            PreparedSandbox first = firstAlive();
            CompletableFuture<PreparedSandbox> wanted = new CompletableFuture<>();
            if (first != null) {
                wanted.complete(first);
            } else {
                boolean noneComing = building + cleaning <= waiting.size();
                if (noneComing && total + building >= maximum) {
                    throw allInUse();
                }
                waiting.addLast(wanted);
            }
            demand.taken();
            ensureBuilding();
            return wanted;
        } finally {
            lock.unlock();
        }
    }

    private SandboxException allInUse() {
        return SandboxException.exhausted(maximum);
    }

    /** One whose processes have been killed is passed over; whoever watches it is on the way to it. */
    private @Nullable PreparedSandbox firstAlive() {
        for (PreparedSandbox prepared : ready) {
            if (!prepared.workload().exit().isDone()) {
                ready.removeFirstOccurrence(prepared);
                return prepared;
            }
        }
        return null;
    }

    /** Who asked will not take what it asked for. */
    void giveUp(CompletableFuture<PreparedSandbox> wanted) {
        lock.lock();
        try {
            waiting.removeIf(other -> other == wanted);
        } finally {
            lock.unlock();
        }
    }

    /** Starts as many builds as waiting callers and the demand call for. Under the lock. */
    private void ensureBuilding() {
        int wanted = waiting.size() + demand.target() - ready.size() - cleaning;
        while (!closed && building < wanted && total + building < maximum) {
            building++;
            startBuild.run();
        }
    }

    /** As few as there are to be, at any time. */
    void fill() {
        lock.lock();
        try {
            ensureBuilding();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A build has ended.
     *
     * @return who is to get the result instead of it; null if it stands ready now, or there is none
     */
    @Nullable
    CompletableFuture<PreparedSandbox> built(@Nullable PreparedSandbox prepared) {
        lock.lock();
        try {
            building--;
            total += prepared == null ? 0 : 1;
            return place(prepared);
        } finally {
            lock.unlock();
        }
    }

    /** A use is being ended: the sandbox will be ready again or be gone. */
    void ended() {
        lock.lock();
        try {
            cleaning++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether one of those that come back from use is wanted, the others counted. */
    boolean wantsBack() {
        lock.lock();
        try {
            return !closed && ready.size() + cleaning <= waiting.size() + demand.most();
        } finally {
            lock.unlock();
        }
    }

    /** One is ready again; the result is as that of {@link #built}. */
    @Nullable
    CompletableFuture<PreparedSandbox> cleaned(PreparedSandbox prepared) {
        lock.lock();
        try {
            cleaning--;
            return place(prepared);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable CompletableFuture<PreparedSandbox> place(@Nullable PreparedSandbox prepared) {
        CompletableFuture<PreparedSandbox> next = waiting.pollFirst();
        if (next == null && prepared != null) {
            ready.addLast(prepared);
        }
        return next;
    }

    /** What was given to nobody is ready for others. */
    void putBack(PreparedSandbox prepared) {
        lock.lock();
        try {
            ready.addLast(prepared);
        } finally {
            lock.unlock();
        }
    }

    /** Takes a certain one out; false if it is not ready any more. */
    boolean remove(PreparedSandbox prepared) {
        lock.lock();
        try {
            return ready.removeFirstOccurrence(prepared);
        } finally {
            lock.unlock();
        }
    }

    /**
     * One that had ended is destroyed.
     *
     * @param gone whether nothing of it is left; otherwise it goes on counting
     */
    void destroyed(boolean gone) {
        List<CompletableFuture<PreparedSandbox>> hopeless = new ArrayList<>();
        lock.lock();
        try {
            cleaning--;
            total -= gone ? 1 : 0;
            ensureBuilding();
            while (waiting.size() > building + cleaning) {
                hopeless.add(waiting.removeLast());
            }
        } finally {
            lock.unlock();
        }
        hopeless.forEach(each -> each.completeExceptionally(allInUse()));
    }

    /** One that was destroyed, and of which something was left, is gone. */
    void vanished() {
        lock.lock();
        try {
            total--;
            ensureBuilding();
        } finally {
            lock.unlock();
        }
    }

    /** To be called once a second; returns what nobody needs, and has let go of it. */
    List<PreparedSandbox> secondPassed() {
        List<PreparedSandbox> surplus = new ArrayList<>();
        lock.lock();
        try {
            demand.secondPassed();
            for (int i = demand.surplus(ready.size()); i > 0; i--) {
                surplus.add(ready.removeFirst());
            }
            ensureBuilding();
        } finally {
            lock.unlock();
        }
        return surplus;
    }

    /** Nothing is taken or built from now on; returns false if that was so already. */
    boolean close() {
        lock.lock();
        try {
            boolean first = !closed;
            closed = true;
            return first;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** All that stand ready; they do not any more. */
    List<PreparedSandbox> takeAll() {
        lock.lock();
        try {
            List<PreparedSandbox> all = new ArrayList<>(ready);
            ready.clear();
            return all;
        } finally {
            lock.unlock();
        }
    }

    int ready() {
        lock.lock();
        try {
            return ready.size();
        } finally {
            lock.unlock();
        }
    }

    int total() {
        lock.lock();
        try {
            return total;
        } finally {
            lock.unlock();
        }
    }
}
