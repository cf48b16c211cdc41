package dev.instar.engine.templates;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TemplateStatus.ImageFacts;
import dev.instar.engine.TemplateStatus.State;
import dev.instar.engine.instances.Seat;
import dev.instar.template.zygote.Zygote;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How one version stands with its template. Thread-safe; its lock is held for no more than assignments. */
final class TemplateEntry {
    /** Clones that may fail until their zygote is taken for broken. */
    private static final int MOST_FAILURES = 3;

    private final FunctionVersion version;
    private final boolean wanted;
    private final CountDownLatch first = new CountDownLatch(1);
    private State state;
    private String reason;
    private List<String> warnings = List.of();
    private @Nullable ImageFacts facts;
    private @Nullable LiveTemplate live;
    private @Nullable Seat seat;
    private @Nullable Zygote recordedFor;
    private volatile long lastUse = System.nanoTime();
    private int attempts;
    private int failures;
    private boolean ended;

    /**
     * @param wanted whether it is to have one at all
     * @param soon whether there is an image, so that starts had better wait for it
     */
    TemplateEntry(FunctionVersion version, boolean wanted, boolean soon) {
        if (!soon) {
            first.countDown();
        }
        this.version = version;
        this.wanted = wanted;
        this.state = wanted ? State.PREPARING : State.OFF;
        this.reason = wanted ? "" : "it asks for cold starts, or is a program of its own";
    }

    /** Whether its template is being made from an image for the first time since the node's start. */
    boolean comesSoon() {
        return first.getCount() > 0;
    }

    /** Waits until that has been tried. */
    void await(Duration patience) {
        try {
            if (!first.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                first.countDown();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** That has been tried. */
    void settled() {
        first.countDown();
    }

    FunctionVersion version() {
        return version;
    }

    boolean wanted() {
        return wanted;
    }

    synchronized TemplateStatus status() {
        return new TemplateStatus(version.spec().name(), version.number(), state, reason, warnings, facts);
    }

    /** The template, for a start. */
    @Nullable
    LiveTemplate use() {
        lastUse = System.nanoTime();
        synchronized (this) {
            return live;
        }
    }

    /** When a start last asked for it, in {@link System#nanoTime}. */
    long lastUse() {
        return lastUse;
    }

    /** Whether what an instance touches is to be recorded now; true once for each zygote that does not know. */
    synchronized boolean beginRecording(Zygote zygote) {
        boolean first = recordedFor != zygote;
        recordedFor = zygote;
        return first;
    }

    synchronized void recordAgain() {
        recordedFor = null;
    }

    /** The template, if it lives and has no seat. */
    synchronized @Nullable LiveTemplate needsSeat() {
        return seat == null ? live : null;
    }

    /** Keeps a seat for the next start; false if there is no use for it any more. */
    synchronized boolean seat(LiveTemplate template, Seat made) {
        if (!is(template) || seat != null) {
            return false;
        }
        seat = made;
        return true;
    }

    /** The seat, for a start or for being ended. */
    synchronized @Nullable Seat takeSeat() {
        Seat taken = seat;
        seat = null;
        return taken;
    }

    /** A template that was ended for want of use is to be built again; true for the first who finds that. */
    synchronized boolean beginRevival() {
        if (state != State.READY || live != null || ended) {
            return false;
        }
        state = State.PREPARING;
        return true;
    }

    /** A template is there; false if it is not wanted any more. */
    synchronized boolean live(LiveTemplate template, List<String> said) {
        if (ended || live != null) {
            return false;
        }
        live = template;
        facts = template.facts();
        warnings = said;
        state = State.READY;
        reason = "";
        attempts = 0;
        failures = 0;
        lastUse = System.nanoTime();
        return true;
    }

    synchronized void refused(String why) {
        state = State.REFUSED;
        reason = why;
        facts = null;
    }

    /** How many attempts there were before this one. */
    synchronized int countAttempt() {
        return attempts++;
    }

    /** What is to be closed when a template is given up. */
    record Lost(LiveTemplate template, @Nullable Seat seat) {}

    /** A clone failed; if that was once too often for this zygote, the template is given up. */
    synchronized @Nullable Lost failed(Zygote zygote, String why) {
        if (live == null || live.zygote() != zygote) {
            return null;
        }
        reason = why;
        failures++;
        return failures >= MOST_FAILURES ? lose(zygote, why) : null;
    }

    /** Gives the template up, for another to be made; null if its zygote is another by now. */
    synchronized @Nullable Lost lose(Zygote zygote, String why) {
        if (live == null || live.zygote() != zygote) {
            return null;
        }
        Lost lost = new Lost(live, takeSeat());
        live = null;
        state = State.PREPARING;
        reason = why;
        return lost;
    }

    /** Takes the template away from later starts. */
    synchronized @Nullable LiveTemplate take() {
        LiveTemplate taken = live;
        live = null;
        return taken;
    }

    /** The version is not its function's current one any more. */
    synchronized @Nullable LiveTemplate endForGood() {
        ended = true;
        return take();
    }

    synchronized @Nullable LiveTemplate takeIfIdle(Duration idle) {
        return System.nanoTime() - lastUse > idle.toNanos() ? take() : null;
    }

    /** Two templates of equal content are different ones: each has its own zygote. */
    @SuppressWarnings("ReferenceEquality")
    private boolean is(LiveTemplate template) {
        return live == template;
    }
}
