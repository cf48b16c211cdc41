package dev.instar.engine.functions;

import dev.instar.engine.CodeStore;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionService;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.async.CronTriggers;
import dev.instar.engine.instances.Instances;
import dev.instar.engine.instances.Instances.PoolStatus;
import dev.instar.engine.logs.FileFunctionLogs;
import dev.instar.engine.store.Deployed;
import dev.instar.engine.store.FunctionRepository;
import dev.instar.engine.templates.Templates;
import dev.instar.runtime.RuntimeKind;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Functions as they are stored, with their instances following. Changes are made one after the other: first in the
 * store, where they are durable, then for calls and triggers. Thread-safe.
 */
public final class DeployedFunctions implements FunctionService {
    private final FunctionRepository repository;
    private final CodeStore code;
    private final CodePreparation preparation;
    private final Instances instances;
    private final Templates templates;
    private final CronTriggers triggers;
    private final FileFunctionLogs logs;
    private final InstantSource clock;
    /** Keeps the order of changes in the store and of what follows from them the same. Calls never take it. */
    private final ReentrantLock changes = new ReentrantLock();

    public DeployedFunctions(
            FunctionRepository repository,
            CodeStore code,
            CodePreparation preparation,
            Instances instances,
            Templates templates,
            CronTriggers triggers,
            FileFunctionLogs logs,
            InstantSource clock) {
        this.repository = repository;
        this.code = code;
        this.preparation = preparation;
        this.instances = instances;
        this.templates = templates;
        this.triggers = triggers;
        this.logs = logs;
        this.clock = clock;
    }

    /** Takes up what is stored: from now on every deployed function answers. */
    public void load() {
        Set<FunctionName> names = new HashSet<>();
        for (Deployed deployed : repository.all()) {
            FunctionVersion current = deployed.current();
            names.add(current.spec().name());
            instances.deploy(current);
            if (deployed.requestedReplicas() > 0) {
                instances.keep(current.spec().name(), deployed.requestedReplicas());
            }
            triggers.watch(current, current.createdAt());
            templates.resume(current);
        }
        logs.retain(names);
    }

    @Override
    public FunctionVersion deploy(FunctionSpec spec) {
        verify(spec);
        return changing(() -> {
            FunctionVersion version = repository.deploy(spec);
            makeCurrent(version);
            return version;
        });
    }

    @Override
    public FunctionVersion rollback(FunctionName name, int number) {
        return changing(() -> {
            FunctionVersion version = repository.rollback(name, number);
            makeCurrent(version);
            return version;
        });
    }

    @Override
    public void scale(FunctionName name, int replicas) {
        changing(() -> {
            int maximum = stored(name).current().spec().scaling().maximum();
            if (replicas < 0 || replicas > maximum) {
                throw new InvalidRequestException(
                        "replicas must be between 0 and the function's maximum of " + maximum);
            }
            repository.scale(name, replicas);
            instances.keep(name, replicas);
            return replicas;
        });
    }

    @Override
    public int endInstances(FunctionName name) {
        return instances.end(name);
    }

    @Override
    public void remove(FunctionName name) {
        changing(() -> {
            repository.remove(name);
            triggers.forget(name);
            instances.remove(name);
            templates.forget(name);
            logs.remove(name);
            return name;
        });
    }

    @Override
    public List<FunctionStatus> list(String namespace) {
        List<FunctionStatus> list = new ArrayList<>();
        for (Deployed deployed : repository.list(namespace)) {
            status(deployed).ifPresent(list::add);
        }
        return list;
    }

    @Override
    public FunctionStatus describe(FunctionName name) {
        return status(stored(name)).orElseThrow(() -> notDeployed(name));
    }

    @Override
    public List<FunctionVersion> versions(FunctionName name) {
        return repository.versions(name);
    }

    private void makeCurrent(FunctionVersion version) {
        instances.deploy(version);
        triggers.watch(version, clock.instant());
        templates.watch(version);
    }

    private void verify(FunctionSpec spec) {
        String namespace = spec.name().namespace();
        if (spec.code().isEmpty() || !code.contains(namespace, spec.code())) {
            return; // The store refuses code that is not there, in the transaction that would use it.
        }
        Path tree = code.directory(spec.code());
        HandlerFiles.check(spec, tree);
        if (spec.runtime() == RuntimeKind.PYTHON) {
            refuseBrokenHandler(spec, compiled(tree));
        }
        for (String layer : spec.layers()) {
            if (spec.runtime() == RuntimeKind.PYTHON && code.contains(namespace, layer)) {
                compiled(code.directory(layer));
            }
        }
    }

    private Map<String, String> compiled(Path tree) {
        try {
            return preparation.compile(tree);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InvalidRequestException("interrupted while the code was being prepared; nothing has changed");
        }
    }

    /** A file of a dependency may be broken without harm; the handler's own may not. */
    private static void refuseBrokenHandler(FunctionSpec spec, Map<String, String> failures) {
        String handler = spec.handler();
        int dot = handler.lastIndexOf('.');
        String module = dot < 0 ? "handler" : handler.substring(0, dot).replace('.', '/');
        String failure = failures.get(module + ".py");
        if (failure != null) {
            throw new InvalidRequestException("handler: " + module + ".py does not compile: " + failure);
        }
    }

    private Optional<FunctionStatus> status(Deployed deployed) {
        PoolStatus pool;
        try {
            pool = instances.status(deployed.current().spec().name());
        } catch (NotFoundException _) {
            return Optional.empty(); // Removed since it was read from the store.
        }
        return Optional.of(new FunctionStatus(
                deployed.current(),
                deployed.versions(),
                pool.alive(),
                pool.idle(),
                pool.queued(),
                pool.answered(),
                deployed.requestedReplicas(),
                pool.privateBytes(),
                pool.sharedBytes()));
    }

    private Deployed stored(FunctionName name) {
        return repository.find(name).orElseThrow(() -> notDeployed(name));
    }

    private static NotFoundException notDeployed(FunctionName name) {
        return new NotFoundException("function " + name + " is not deployed");
    }

    private <T> T changing(java.util.function.Supplier<T> change) {
        changes.lock();
        try {
            return change.get();
        } finally {
            changes.unlock();
        }
    }
}
