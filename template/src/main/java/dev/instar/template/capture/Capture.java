package dev.instar.template.capture;

import dev.instar.linux.ForeignDescriptors;
import dev.instar.linux.Injection;
import dev.instar.linux.PageMap;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.TraceException;
import dev.instar.linux.TracedProcess;
import dev.instar.linux.TracedThread;
import dev.instar.linux.Tracer;
import dev.instar.linux.Vdso;
import dev.instar.template.image.Descriptor;
import dev.instar.template.image.Image;
import dev.instar.template.image.Origin;
import dev.instar.template.image.ProcessState;
import dev.instar.template.image.Region;
import dev.instar.template.image.SignalAction;
import dev.instar.template.image.ThreadState;
import dev.instar.template.image.UnitSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Takes images of processes. The process is stopped from outside while its image is taken, and goes on afterwards as if
 * nothing had happened; so a refusal costs it nothing but that time. Thread-safe.
 *
 * <p>Not part of an image: what the sandbox gives to every instance (identity, limits, filter, namespaces, control
 * groups), processor affinity, undelivered readiness of epoll sets, socket options.
 */
public final class Capture {
    private static final int ATTEMPTS = 50;
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final CaptureSettings settings;
    private final FileDigests digests;

    /** @param digests remembers the digests of files that were hashed before */
    public Capture(CaptureSettings settings, FileDigests digests) {
        this.settings = settings;
        this.digests = digests;
    }

    /**
     * Takes an image. Needs the right to trace the process. Takes some tens of milliseconds, and a second for some
     * gigabytes; interrupting the caller ends it with an {@link IOException}.
     *
     * @param pid as this process sees it; not a child of it
     * @param given descriptor numbers that every instance finds open at its start
     * @param units takes the content of memory, on another thread than the caller's but before this returns
     * @throws CaptureRefusedException if the process has something that cannot be cloned
     * @throws IOException if the process ends meanwhile, or the sink fails
     */
    public Image capture(int pid, Set<Integer> given, UnitSink units) throws IOException {
        try {
            // Waiting for a fork to return is a wait that no stop ends, so this is best said before.
            new Obstacles(pid, new ProcFiles()).check();
            return captureAtRest(pid, Set.copyOf(given), units);
        } catch (TraceException e) {
            if (e.reason() == TraceException.Reason.ENDED) {
                throw e;
            }
            throw refused(e);
        }
    }

    /** A mutex that forbids a capture is mostly free a moment later. */
    private Image captureAtRest(int pid, Set<Integer> given, UnitSink units) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return Tracer.whileStopped(pid, settings.stopLimit(), process -> capture(process, given, units));
            } catch (HeldMutexException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private static CaptureRefusedException refused(TraceException cause) {
        boolean traced = cause.reason() == TraceException.Reason.ALREADY_TRACED;
        CaptureRefusedException refused = new CaptureRefusedException(
                (traced
                                ? "a process that is being traced"
                                : "a process with a thread in a wait that nothing interrupts")
                        + " (" + cause.getMessage() + ")",
                traced
                        ? "detach the debugger"
                        : "let it finish what it waits for (vfork, a device) before the checkpoint");
        refused.initCause(cause);
        return refused;
    }

    private Image capture(TracedProcess process, Set<Integer> given, UnitSink units) throws IOException {
        int pid = process.pid();
        ProcFiles proc = new ProcFiles();
        new Obstacles(pid, proc).check();
        SandboxFiles files = new SandboxFiles(pid, proc, digests, settings.ownDirectories());

        process.threads().forEach(ThreadCapture::check);
        try (PageMap pageMap = PageMap.open(pid)) {
            new OwnedMutexes(process, proc).check(pageMap);
        }
        ThreadCapture threadCapture = new ThreadCapture(process, proc);
        ProcessCapture processCapture = new ProcessCapture(pid, proc, files);
        List<ThreadState> threads = new ArrayList<>();
        TracedThread main = process.threads().getFirst();
        ProcessState state;
        List<SignalAction> signalActions;
        try (Injection injection = process.inject(main)) {
            processCapture.checkIntervalTimers(injection);
            state = processCapture.state(injection, given);
            signalActions = processCapture.signalActions(injection);
            threads.add(threadCapture.capture(main, injection));
        }
        for (TracedThread thread : process.threads()) {
            if (thread != main) {
                try (Injection injection = process.inject(thread)) {
                    threads.add(threadCapture.capture(thread, injection));
                }
            }
        }

        List<Descriptor> descriptors;
        try (ForeignDescriptors foreign = ForeignDescriptors.open(pid)) {
            descriptors =
                    new DescriptorCapture(foreign, new OpenFileCapture(files)).capture(proc.descriptors(pid), given);
        }
        List<Region> regions;
        try (PageMap pageMap = PageMap.open(pid)) {
            regions = new RegionCapture(files, new ContentPages(pageMap, process.memory()), settings)
                    .capture(process.mappings(), units);
        }
        Origin origin = new Origin(
                Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
                vdsoDigest(process),
                ExtendedState.features(main.extendedState()),
                files.identities());
        return new Image(origin, state, regions, threads, signalActions, descriptors);
    }

    private static String vdsoDigest(TracedProcess process) throws IOException {
        return Vdso.digest(process.mappings(), process.memory())
                .orElseThrow(() -> new CaptureRefusedException("a process without a vdso", "do not unmap it"));
    }
}
