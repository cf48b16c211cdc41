package dev.instar.engine.node;

import dev.instar.engine.AsyncService;
import dev.instar.engine.AuditLog;
import dev.instar.engine.CodeStore;
import dev.instar.engine.Engine;
import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionLogs;
import dev.instar.engine.FunctionService;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.Invoker;
import dev.instar.engine.NodeStatus;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Quota;
import dev.instar.engine.SandboxReuse;
import dev.instar.engine.SecretService;
import dev.instar.engine.TemplateService;
import dev.instar.engine.TenantService;
import dev.instar.engine.async.CronTriggers;
import dev.instar.engine.async.DurableAsync;
import dev.instar.engine.functions.CodePreparation;
import dev.instar.engine.functions.DeployedFunctions;
import dev.instar.engine.instances.ColdStart;
import dev.instar.engine.instances.Housekeeping;
import dev.instar.engine.instances.Incubator;
import dev.instar.engine.instances.InstanceSettings;
import dev.instar.engine.instances.Instances;
import dev.instar.engine.instances.TemplateStart;
import dev.instar.engine.instances.Workloads;
import dev.instar.engine.logs.FileFunctionLogs;
import dev.instar.engine.store.AdminPassword;
import dev.instar.engine.store.Store;
import dev.instar.engine.templates.ObservedSecrets;
import dev.instar.engine.templates.Templates;
import dev.instar.runtime.RuntimeCommand;
import dev.instar.runtime.RuntimeFiles;
import dev.instar.sandbox.SandboxPool;
import dev.instar.sandbox.SandboxTurnover;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * The engine of one node: a store on disk, sandboxes, and what runs between them. One process has a data directory at a
 * time. Thread-safe.
 */
public final class LocalEngine implements Engine {
    private static final Duration LOG_TIDYING = Duration.ofMinutes(1);
    private static final Duration TEMPLATE_TIDYING = Duration.ofSeconds(10);
    private static final Duration CODE_TIDYING = Duration.ofMinutes(10);

    private final EngineSettings settings;
    private final Closing closing;
    private final Store store;
    private final SandboxPool sandboxes;
    private final FileFunctionLogs logs;
    private final Instances instances;
    private final DurableAsync async;
    private final DeployedFunctions functions;
    private final Templates templates;
    private final SecretService secrets;

    private LocalEngine(
            EngineSettings settings, SandboxPoolFactory factory, List<EngineListener> listeners, Closing closing)
            throws IOException {
        this.settings = settings;
        this.closing = closing;
        store = closing.later(Store.open(settings.dataDirectory(), settings.clock(), settings.asyncLimits()));
        Path root = store.directory().root();
        Path shims = root.resolve("runtime");
        RuntimeFiles.extractTo(shims);
        logs = closing.later(new FileFunctionLogs(root.resolve("logs"), settings.logs(), settings.clock()));
        sandboxes = closing.later(factory.open(shims));
        ScheduledThreadPoolExecutor timer = timer();
        closing.later(timer::shutdownNow);
        Workloads workloads = workloads();
        ColdStart cold = new ColdStart(sandboxes, workloads, settings.initTimeout(), timer);
        Incubator incubator = new Incubator(sandboxes, workloads, logs, settings.initTimeout(), timer);
        templates = closing.later(
                Templates.open(settings.templates(), sandboxes, incubator, workloads, store, shims, settings.clock()));
        TemplateStart clones = new TemplateStart(sandboxes, workloads, templates, cold, settings.initTimeout(), timer);
        instances = closing.later(new Instances(
                instanceSettings(settings),
                version -> templates.makes(version) ? clones : cold,
                this::quota,
                sandboxes::chargedBytes,
                templates::spareSeat,
                logs,
                new Listeners(List.copyOf(listeners))));
        SecureRandom random = new SecureRandom();
        async = closing.later(
                new DurableAsync(store.async(), instances.invoker(), settings.async(), settings.clock(), random));
        CronTriggers triggers = closing.later(new CronTriggers(store.cron(), settings.clock(), async::wake));
        CodePreparation preparation = new CodePreparation(sandboxes, settings.compileTimeout(), timer);
        functions = new DeployedFunctions(
                store.functions(), store.code(), preparation, instances, templates, triggers, logs, settings.clock());
        secrets = new ObservedSecrets(store.secrets(), templates);
        functions.load();
        closing.later(new Housekeeping(LOG_TIDYING, logs::tidy));
        closing.later(new Housekeeping(TEMPLATE_TIDYING, templates::tidy));
        closing.later(new Housekeeping(CODE_TIDYING, this::collectCode));
        async.start();
        triggers.start();
    }

    /**
     * Opens a data directory, making it if needed. When this returns, every function deployed before answers, and calls
     * that were queued are being run.
     *
     * @param factory makes the sandboxes; closed together with the engine
     * @throws dev.instar.engine.StorageException if another node has the directory, or it cannot be used
     * @throws IOException if the sandboxes cannot be made
     */
    public static LocalEngine open(EngineSettings settings, SandboxPoolFactory factory, EngineListener... listeners)
            throws IOException {
        Closing closing = new Closing();
        try {
            return new LocalEngine(settings, factory, List.of(listeners), closing);
        } catch (IOException | RuntimeException e) {
            closing.closeAfter(e);
            throw e;
        }
    }

    @Override
    public Invoker invoker() {
        return instances.invoker();
    }

    @Override
    public FunctionService functions() {
        return functions;
    }

    @Override
    public TemplateService templates() {
        return templates;
    }

    @Override
    public CodeStore code() {
        return store.code();
    }

    @Override
    public AsyncService async() {
        return async;
    }

    @Override
    public SecretService secrets() {
        return secrets;
    }

    @Override
    public TenantService tenants() {
        return store.tenants();
    }

    @Override
    public FunctionLogs logs() {
        return logs;
    }

    @Override
    public AuditLog audit() {
        return store.audit();
    }

    /** The password of the user {@code admin}. */
    public AdminPassword adminPassword() {
        return store.adminPassword();
    }

    @Override
    public NodeStatus status() {
        Instances.NodeCounts counts = instances.counts();
        return new NodeStatus(
                counts.draining(),
                counts.alive(),
                sandboxes.ready(),
                counts.running(),
                counts.queued(),
                sandboxes.chargedBytes(),
                settings.memoryBoundBytes(),
                sandboxes.launchersLost(),
                reuse(sandboxes.turnover()));
    }

    private static SandboxReuse reuse(SandboxTurnover turnover) {
        Map<String, Long> destroyed = new TreeMap<>();
        turnover.destroyed().forEach((reason, count) -> destroyed.put(reason.label(), count));
        return new SandboxReuse(
                turnover.repurposed(),
                turnover.networksReplaced(),
                destroyed,
                turnover.cleaning().toMillis() / 1000.0);
    }

    @Override
    public boolean drain(Duration patience) throws InterruptedException {
        long until = System.nanoTime() + patience.toNanos();
        // First the queue: a call taken from it while the node is shut would only be put back.
        async.pause();
        boolean idle = instances.drain(patience);
        return async.awaitIdle(Duration.ofNanos(Math.max(0, until - System.nanoTime()))) && idle;
    }

    @Override
    public void resume() {
        instances.resume();
        async.resume();
    }

    @Override
    public void close() {
        closing.close();
    }

    private Quota quota(String namespace) {
        try {
            return store.tenants().namespace(namespace).quota();
        } catch (NotFoundException _) {
            return Quota.UNBOUNDED; // Deleted a moment ago, and its functions with it.
        }
    }

    private void collectCode() {
        Set<String> inUse = new HashSet<>();
        for (FunctionVersion version : instances.versionsInUse()) {
            inUse.add(version.spec().code());
            inUse.addAll(version.spec().layers());
        }
        store.code().collect(inUse);
    }

    private Workloads workloads() throws IOException {
        return new Workloads(
                store.code()::directory,
                Files.createDirectories(store.directory().root().resolve("empty")),
                store.secrets()::values,
                RuntimeCommand.Places.STANDARD);
    }

    private static InstanceSettings instanceSettings(EngineSettings settings) {
        return new InstanceSettings(
                settings.queueLength(),
                settings.concurrentStarts(),
                settings.memoryBoundBytes(),
                settings.roomPatience(),
                settings.tidyInterval(),
                settings.freezeIdle());
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("instar-timer").factory());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }
}
