package dev.instar.cli;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Tells on standard error what is being done and for how long. */
public final class Progress {
    private final Console console;

    public Progress(Console console) {
        this.console = console;
    }

    /** Runs a step; its name is shown at once, on a terminal with the seconds that have passed. */
    public <T> T step(String name, Supplier<T> work) {
        try (Ticker ticker = new Ticker(name)) {
            T result = work.get();
            ticker.done = true;
            return result;
        }
    }

    /** Runs a step without a result. */
    public void step(String name, Runnable work) {
        step(name, () -> {
            work.run();
            return true;
        });
    }

    private final class Ticker implements AutoCloseable {
        private final String name;
        private final long begun = System.nanoTime();
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition ended = lock.newCondition();
        private boolean closed;
        private boolean done;

        Ticker(String name) {
            this.name = name;
            if (console.interactive()) {
                Thread.ofVirtual().start(this::tick);
            } else {
                console.err().println(name + " …");
            }
        }

        private void tick() {
            lock.lock();
            try {
                while (!closed) {
                    console.err().print("\r" + name + " … " + seconds() + "\u001b[K");
                    console.err().flush();
                    ended.awaitNanos(Duration.ofSeconds(1).toNanos());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                lock.unlock();
            }
        }

        private String seconds() {
            return Duration.ofNanos(System.nanoTime() - begun).toSeconds() + " s";
        }

        @Override
        public void close() {
            lock.lock();
            try {
                closed = true;
                ended.signalAll();
                if (console.interactive()) {
                    console.err().println("\r" + name + (done ? ": done, " : ": failed, ") + seconds() + "\u001b[K");
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
