package dev.instar.engine.templates;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StartPreference;
import dev.instar.engine.TemplateService;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.instances.Incubator;
import dev.instar.engine.instances.ParkRefusedException;
import dev.instar.engine.instances.Seat;
import dev.instar.engine.instances.Workloads;
import dev.instar.engine.instances.ZygoteProvider;
import dev.instar.engine.store.Store;
import dev.instar.linux.LinuxException;
import dev.instar.runtime.RuntimeFiles;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import dev.instar.template.capture.Capture;
import dev.instar.template.capture.CaptureRefusedException;
import dev.instar.template.capture.CaptureSettings;
import dev.instar.template.capture.FileDigests;
import dev.instar.template.pool.HugePagePool;
import dev.instar.template.pool.MemoryPool;
import dev.instar.template.store.ImageStore;
import dev.instar.template.zygote.UnsuitableImageException;
import dev.instar.template.zygote.Zygote;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The templates of a node's functions. They are made one after the other in the background, by a thread of its own,
 * since tracing belongs to a thread and capturing holds up a processor for tens of milliseconds. Thread-safe.
 */
public final class Templates implements TemplateService, ZygoteProvider, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Templates.class);
    private static final int LONGEST_BACK_OFF = 16;
    /** How long a start waits for a template of which there is an image; a cold start is not free either. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    /** How long an instance may run until it is looked at what it has touched. */
    private static final Duration FIRST_CALLS = Duration.ofMillis(300);

    private final TemplateMaker maker;
    private final Seats seats;
    private final MemoryPool pool;
    private final TemplateSettings settings;
    private final boolean possible;
    private final ConcurrentHashMap<FunctionName, TemplateEntry> entries = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor makers = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("template-maker").factory());
    private final ExecutorService endings = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("template-ending").factory());

    private Templates(TemplateMaker maker, Seats seats, MemoryPool pool, TemplateSettings settings, boolean possible) {
        this.maker = maker;
        this.seats = seats;
        this.pool = pool;
        this.settings = settings;
        this.possible = possible;
        makers.setRemoveOnCancelPolicy(true);
        makers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Opens the images of a data directory and makes the memory for their pages.
     *
     * @param shims host directory that instances see as {@code /instar}
     * @throws IOException if the images cannot be read
     */
    public static Templates open(
            TemplateSettings settings,
            SandboxPool sandboxes,
            Incubator incubator,
            Workloads workloads,
            Store store,
            Path shims,
            InstantSource clock)
            throws IOException {
        Path directory = store.directory().root().resolve("images");
        ImageStore images = ImageStore.open(directory, store.imageKey());
        MemoryPool pool = new HugePagePool(settings.poolBytes(), settings.extraRegions());
        TemplateKeys keys = new TemplateKeys(store.secrets()::values, RuntimeFiles.digest(shims));
        FileDigests digests = new FileDigests();
        TemplateMaker maker = new TemplateMaker(
                new Capture(CaptureSettings.DEFAULT, digests),
                incubator,
                workloads,
                sandboxes,
                images,
                new KnownImages(images),
                new WorkingSets(directory),
                pool,
                keys,
                new OriginCheck(shims, digests),
                clock);
        return new Templates(maker, new Seats(sandboxes, workloads), pool, settings, sandboxes.clones());
    }

    /** Whether instances of a version can come from a template at all. */
    public boolean makes(FunctionVersion version) {
        return possible
                && version.spec().start() != StartPreference.COLD
                && version.spec().runtime() != RuntimeKind.PROGRAM;
    }

    /**
     * A function was deployed before this node was started: its template is made in the background, and starts wait for
     * it where that needs no more than its image.
     */
    public void resume(FunctionVersion version) {
        boolean soon = false;
        try {
            soon = makes(version) && maker.hasImage(version);
        } catch (EngineException e) {
            LOG.warn("whether {} has an image cannot be told", version.spec().name(), e);
        }
        watch(new TemplateEntry(version, makes(version), soon));
    }

    /** A version has become its function's current one: its template is made in the background. */
    public void watch(FunctionVersion version) {
        watch(new TemplateEntry(version, makes(version), false));
    }

    private void watch(TemplateEntry entry) {
        FunctionVersion version = entry.version();
        TemplateEntry before = entries.put(version.spec().name(), entry);
        if (before != null) {
            end(before);
        }
        if (entry.wanted()) {
            makers.execute(() -> make(entry, false));
        }
    }

    /** The function is gone, and so are its images. */
    public void forget(FunctionName function) {
        TemplateEntry entry = entries.remove(function);
        if (entry != null) {
            end(entry);
            makers.execute(() -> {
                try {
                    maker.forget(entry.version());
                } catch (IOException e) {
                    LOG.error("images of {} could not be removed", function, e);
                }
            });
        }
    }

    /** A secret has another value: templates that may hold the old one are not used any more. */
    public void secretChanged(String namespace, String secret) {
        entries.forEach((function, entry) -> {
            if (function.namespace().equals(namespace)
                    && entry.version().spec().secrets().contains(secret)) {
                watch(entry.version());
            }
        });
    }

    @Override
    public @Nullable Zygote zygote(FunctionVersion version) {
        TemplateEntry entry = entries.get(version.spec().name());
        if (entry == null || !entry.version().digest().equals(version.digest())) {
            return null;
        }
        if (entry.comesSoon()) {
            entry.await(LONGEST_WAIT);
        }
        LiveTemplate live = entry.use();
        if (live == null && entry.beginRevival()) {
            makers.execute(() -> make(entry, false));
        }
        return live == null ? null : live.zygote();
    }

    @Override
    public @Nullable Seat takeSeat(FunctionVersion version, Zygote zygote) {
        TemplateEntry entry = entries.get(version.spec().name());
        if (entry == null) {
            return null;
        }
        LiveTemplate live = entry.use();
        return live == null || live.zygote() != zygote ? null : entry.takeSeat();
    }

    @Override
    public void started(FunctionVersion version, Zygote zygote, Sandbox sandbox) {
        TemplateEntry entry = entries.get(version.spec().name());
        if (entry == null) {
            return;
        }
        wantSeat(entry);
        if (entry.beginRecording(zygote)) {
            ScheduledFuture<?> _ = makers.schedule(
                    () -> recordWorkingSet(entry, zygote, sandbox), FIRST_CALLS.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void recordWorkingSet(TemplateEntry entry, Zygote zygote, Sandbox sandbox) {
        try {
            maker.recordWorkingSet(entry.status(), zygote, sandbox.pid());
            // One that was seated before does not know of it yet.
            close(null, entry.takeSeat());
            wantSeat(entry);
        } catch (IOException e) {
            // It has ended by now; another will do as well.
            entry.recordAgain();
            LOG.debug("no working set of {}", entry.version().spec().name(), e);
        }
    }

    @Override
    public void cloneFailed(FunctionVersion version, Zygote zygote, String reason) {
        TemplateEntry entry = entries.get(version.spec().name());
        if (entry != null) {
            giveUp(entry, entry.failed(zygote, reason));
        }
    }

    private void make(TemplateEntry entry, boolean anew) {
        try {
            tryToMake(entry, anew);
        } finally {
            entry.settled();
        }
    }

    private void tryToMake(TemplateEntry entry, boolean anew) {
        if (entries.get(entry.version().spec().name()) != entry) {
            return;
        }
        FunctionName function = entry.version().spec().name();
        try {
            TemplateMaker.Made made = maker.make(entry.version(), anew);
            LiveTemplate template = made.template();
            if (!entry.live(template, made.warnings())) {
                template.close();
                return;
            }
            LOG.info(
                    "{} starts from a template of {} regions",
                    function,
                    template.facts().regions());
            CompletableFuture<Void> _ = template.zygote().exit().thenRun(() -> zygoteEnded(entry, template));
            wantSeat(entry);
        } catch (ParkRefusedException | CaptureRefusedException | UnsuitableImageException e) {
            LOG.info("{} has no template: {}", function, e.getMessage());
            entry.refused(String.valueOf(e.getMessage()));
        } catch (StartFailedException e) {
            String reason = e.phase() + ": " + e.getMessage();
            LOG.info("{} has no template: {}", function, reason);
            entry.refused(reason);
            retryLater(entry);
        } catch (IOException | SandboxException | LinuxException e) {
            LOG.error("the template of {} could not be made", function, e);
            entry.refused(String.valueOf(e.getMessage()));
            retryLater(entry);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // A process that ended while it was being made into a zygote shows as one of these too.
            LOG.error("the template of {} could not be made", function, e);
            entry.refused(e.toString());
            retryLater(entry);
        }
    }

    private void zygoteEnded(TemplateEntry entry, LiveTemplate template) {
        if (giveUp(entry, entry.lose(template.zygote(), "its zygote ended"))) {
            LOG.warn(
                    "the zygote of {} has ended; another is built",
                    entry.version().spec().name());
        }
    }

    private boolean giveUp(TemplateEntry entry, TemplateEntry.@Nullable Lost lost) {
        if (lost == null) {
            return false;
        }
        close(lost.template(), lost.seat());
        retryLater(entry);
        return true;
    }

    private void retryLater(TemplateEntry entry) {
        Duration wait = settings.retry()
                .multipliedBy(Math.min(LONGEST_BACK_OFF, 1L << Math.min(LONGEST_BACK_OFF, entry.countAttempt())));
        if (!makers.isShutdown()) {
            ScheduledFuture<?> _ = makers.schedule(() -> make(entry, false), wait.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void end(TemplateEntry entry) {
        close(entry.endForGood(), entry.takeSeat());
    }

    /** A plain fork is measured whole: that is what it is for. */
    private void wantSeat(TemplateEntry entry) {
        if (settings.seats() && entry.version().spec().start() == StartPreference.TEMPLATE) {
            seats.want(entry);
        }
    }

    /** In the background: it awaits the end of processes. */
    private void close(@Nullable LiveTemplate template, @Nullable Seat seat) {
        endings.execute(() -> {
            if (seat != null) {
                seat.close();
            }
            if (template != null) {
                template.close();
            }
        });
    }

    /** Ends the seat of the template that has not been used for the longest time; whether there was one. */
    public boolean spareSeat() {
        List<TemplateEntry> oldestFirst = entries.values().stream()
                .sorted(Comparator.comparingLong(TemplateEntry::lastUse))
                .toList();
        for (TemplateEntry entry : oldestFirst) {
            Seat seat = entry.takeSeat();
            if (seat != null) {
                seat.close();
                return true;
            }
        }
        return false;
    }

    /** Ends zygotes that nobody has asked for in a long time; they are built again from their images when wanted. */
    public void tidy() {
        for (TemplateEntry entry : entries.values()) {
            LiveTemplate idle = entry.takeIfIdle(settings.idle());
            if (idle != null) {
                close(idle, entry.takeSeat());
            }
        }
    }

    @Override
    public List<TemplateStatus> list(String namespace) {
        List<TemplateStatus> list = new ArrayList<>();
        entries.forEach((function, entry) -> {
            if (function.namespace().equals(namespace)) {
                list.add(entry.status());
            }
        });
        list.sort(Comparator.comparing(status -> status.function().name()));
        return list;
    }

    @Override
    public TemplateStatus describe(FunctionName function) {
        return entry(function).status();
    }

    @Override
    public void rebuild(FunctionName function) {
        TemplateEntry old = entry(function);
        TemplateEntry entry = new TemplateEntry(old.version(), old.wanted(), false);
        if (!old.wanted()) {
            throw new InvalidRequestException(
                    function + " has no template: " + old.status().reason());
        }
        if (entries.replace(function, old, entry)) {
            end(old);
            makers.execute(() -> make(entry, true));
        }
    }

    private TemplateEntry entry(FunctionName function) {
        TemplateEntry entry = entries.get(function);
        if (entry == null) {
            throw new NotFoundException("function " + function + " is not deployed");
        }
        return entry;
    }

    @Override
    public void export(FunctionName function, OutputStream out, char @Nullable [] passphrase, boolean withSecrets)
            throws IOException {
        TemplateStatus.ImageFacts image = entry(function).status().image();
        if (image == null) {
            throw new NotFoundException(function + " has no template to export");
        }
        if (image.mayHoldSecrets() && !withSecrets) {
            throw new InvalidRequestException("the template of " + function
                    + " may hold secrets that its initialisation has read; ask for it with secrets to export it");
        }
        maker.export(image.id(), out, passphrase);
    }

    @Override
    public TemplateStatus importImage(FunctionName function, InputStream in, char @Nullable [] passphrase)
            throws IOException {
        TemplateEntry old = entry(function);
        maker.importImage(old.version(), in, passphrase);
        watch(old.version());
        return describe(function);
    }

    @Override
    public void close() {
        makers.shutdownNow();
        awaitEnd(makers);
        seats.close();
        entries.values().forEach(this::end);
        endings.shutdown();
        awaitEnd(endings);
        pool.close();
    }

    private static void awaitEnd(ExecutorService executor) {
        try {
            if (!executor.awaitTermination(1, TimeUnit.MINUTES)) {
                LOG.error("a template was still being made or ended after a minute");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
