package dev.instar.cli.recovery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** All actors at work on one run of a node, each in a thread of its own, until the node is gone. */
final class Crowd {
    private static final Duration END = Duration.ofMinutes(1);

    private final Client client;
    private final Tally tally;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger verified = new AtomicInteger();

    private Crowd(Client client, Tally tally) {
        this.client = client;
        this.tally = tally;
    }

    /** Lets them work. */
    static Crowd start(Client client, List<Actor> actors, Tally tally) {
        Crowd crowd = new Crowd(client, tally);
        for (Actor actor : actors) {
            crowd.threads.add(Thread.ofVirtual().start(() -> crowd.work(actor)));
        }
        return crowd;
    }

    /**
     * Waits for the end of all, which comes with the end of the node.
     *
     * @return how many of them have found everything as it should be
     * @throws AssertionError if one of them has not
     */
    int end() throws InterruptedException {
        client.close();
        for (Thread thread : threads) {
            if (!thread.join(END)) {
                throw new AssertionError("a client still waits " + END.toSeconds() + " s after the node has gone");
            }
        }
        if (!failures.isEmpty()) {
            AssertionError all = new AssertionError(failures.size() + " of the node's promises were not kept");
            failures.forEach(all::addSuppressed);
            throw all;
        }
        return verified.get();
    }

    private void work(Actor actor) {
        try {
            actor.verify(client);
            verified.incrementAndGet();
            while (true) {
                actor.act(client);
            }
        } catch (NodeGoneException e) {
            tally.add("requests cut off by a kill");
        } catch (AssertionError | RuntimeException e) {
            failures.add(e);
        }
    }
}
