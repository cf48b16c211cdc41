package dev.instar.engine;

import java.time.Duration;

/** A running engine: what the gateway needs of it, each concern behind its own interface. */
public interface Engine extends AutoCloseable {
    Invoker invoker();

    FunctionService functions();

    TemplateService templates();

    CodeStore code();

    AsyncService async();

    SecretService secrets();

    TenantService tenants();

    FunctionLogs logs();

    AuditLog audit();

    NodeStatus status();

    /**
     * Refuses new calls, lets running ones finish and keeps accepted asynchronous ones for later.
     *
     * @return whether all running calls finished within the time
     */
    boolean drain(Duration patience) throws InterruptedException;

    /** Takes calls again after {@link #drain}. */
    void resume();

    /** Ends every instance and releases everything; nothing the engine made outlives this. */
    @Override
    void close();
}
