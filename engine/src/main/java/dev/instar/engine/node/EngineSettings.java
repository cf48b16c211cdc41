package dev.instar.engine.node;

import dev.instar.engine.MachineMemory;
import dev.instar.engine.async.AsyncSettings;
import dev.instar.engine.logs.LogSettings;
import dev.instar.engine.store.AsyncLimits;
import dev.instar.engine.templates.TemplateSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/**
 * Everything an operator can settle about an engine. Immutable; {@link #builder} begins with the defaults.
 *
 * @param dataDirectory what has to survive; held by one node at a time
 * @param memoryBoundBytes memory of all workloads together beyond which idle instances are ended; defaults to 70 % of
 *     the machine's
 * @param queueLength calls of a function that may wait for an instance; defaults to 256
 * @param concurrentStarts starts at a time, all functions together; defaults to twice the processors
 * @param initTimeout how long loading a handler may take; defaults to 60 s
 * @param roomPatience how long a start waits for memory or quota; defaults to 10 s
 * @param tidyInterval how often idle instances are looked through and memory is measured; defaults to 1 s
 * @param freezeIdle how long an instance is idle until it is frozen; zero, the default, never freezes one
 * @param compileTimeout how long compiling a deployed tree's Python sources may take; defaults to 60 s
 * @param async how asynchronous calls are run
 * @param asyncLimits bounds of the queue of asynchronous calls
 * @param logs bounds of function logs
 * @param templates bounds of memory templates; by default an eighth of the machine's memory for their pages, and
 *     zygotes that end when they have not been asked for in an hour
 * @param clock tells the time of day
 */
public record EngineSettings(
        Path dataDirectory,
        long memoryBoundBytes,
        int queueLength,
        int concurrentStarts,
        Duration initTimeout,
        Duration roomPatience,
        Duration tidyInterval,
        Duration freezeIdle,
        Duration compileTimeout,
        AsyncSettings async,
        AsyncLimits asyncLimits,
        LogSettings logs,
        TemplateSettings templates,
        Clock clock) {
    /** Begins with the defaults. */
    public static Builder builder(Path dataDirectory) {
        return new Builder(dataDirectory);
    }

    /** Makes settings. Not thread-safe. */
    public static final class Builder {
        private final Path dataDirectory;
        private long memoryBoundBytes = MachineMemory.totalBytes() / 10 * 7;
        private int queueLength = 256;
        private int concurrentStarts = 2 * Runtime.getRuntime().availableProcessors();
        private Duration initTimeout = Duration.ofSeconds(60);
        private Duration roomPatience = Duration.ofSeconds(10);
        private Duration tidyInterval = Duration.ofSeconds(1);
        private Duration freezeIdle = Duration.ZERO;
        private Duration compileTimeout = Duration.ofSeconds(60);
        private AsyncSettings async = AsyncSettings.DEFAULT;
        private AsyncLimits asyncLimits = AsyncLimits.DEFAULT;
        private LogSettings logs = LogSettings.DEFAULT;
        private TemplateSettings templates = TemplateSettings.defaults();
        private Clock clock = Clock.systemUTC();

        private Builder(Path dataDirectory) {
            this.dataDirectory = dataDirectory;
        }

        /** Memory of all workloads together beyond which idle instances are ended. */
        public Builder memoryBoundBytes(long value) {
            memoryBoundBytes = value;
            return this;
        }

        /** Calls of a function that may wait for an instance. */
        public Builder queueLength(int value) {
            queueLength = value;
            return this;
        }

        /** Starts at a time, all functions together. */
        public Builder concurrentStarts(int value) {
            concurrentStarts = value;
            return this;
        }

        /** How long loading a handler may take. */
        public Builder initTimeout(Duration value) {
            initTimeout = value;
            return this;
        }

        /** How long a start waits for memory or quota. */
        public Builder roomPatience(Duration value) {
            roomPatience = value;
            return this;
        }

        /** How often idle instances are looked through and memory is measured. */
        public Builder tidyInterval(Duration value) {
            tidyInterval = value;
            return this;
        }

        /** How long an instance is idle until it is frozen; zero never freezes one. */
        public Builder freezeIdle(Duration value) {
            freezeIdle = value;
            return this;
        }

        /** How long compiling a deployed tree's Python sources may take. */
        public Builder compileTimeout(Duration value) {
            compileTimeout = value;
            return this;
        }

        /** How asynchronous calls are run. */
        public Builder async(AsyncSettings value) {
            async = value;
            return this;
        }

        /** Bounds of the queue of asynchronous calls. */
        public Builder asyncLimits(AsyncLimits value) {
            asyncLimits = value;
            return this;
        }

        /** Bounds of function logs. */
        public Builder logs(LogSettings value) {
            logs = value;
            return this;
        }

        /** Bounds of memory templates. */
        public Builder templates(TemplateSettings value) {
            templates = value;
            return this;
        }

        /** Tells the time of day. */
        public Builder clock(Clock value) {
            clock = value;
            return this;
        }

        /** The settings. */
        public EngineSettings build() {
            return new EngineSettings(
                    dataDirectory,
                    memoryBoundBytes,
                    queueLength,
                    concurrentStarts,
                    initTimeout,
                    roomPatience,
                    tidyInterval,
                    freezeIdle,
                    compileTimeout,
                    async,
                    asyncLimits,
                    logs,
                    templates,
                    clock);
        }
    }
}
