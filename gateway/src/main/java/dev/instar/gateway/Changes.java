package dev.instar.gateway;

import dev.instar.engine.AuditLog;
import dev.instar.engine.EngineException;
import dev.instar.engine.Principal;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes management changes so that each leaves an entry in the audit log, whether it succeeded or not. */
final class Changes {
    private static final Logger LOG = LoggerFactory.getLogger(Changes.class);

    private final AuditLog log;

    Changes(AuditLog log) {
        this.log = log;
    }

    /** A change that gives something back. */
    @FunctionalInterface
    interface Change<T> {
        /** @throws IOException if the client has gone */
        T make() throws IOException;
    }

    /** Makes the change and records its outcome. */
    <T> T make(Principal who, String action, String target, Change<T> change) throws IOException {
        try {
            T result = change.make();
            record(who, action, target, "ok");
            return result;
        } catch (EngineException | Refusal e) {
            record(who, action, target, String.valueOf(e.getMessage()));
            throw e;
        } catch (IOException | RuntimeException e) {
            record(who, action, target, "failed: " + e);
            throw e;
        }
    }

    /** Makes a change that gives nothing back. */
    void run(Principal who, String action, String target, Runnable change) throws IOException {
        make(who, action, target, () -> {
            change.run();
            return true;
        });
    }

    /** Records an attempt that never got as far as a change. */
    void refused(Principal who, String action, String target, String reason) {
        record(who, action, target, reason);
    }

    private void record(Principal who, String action, String target, String outcome) {
        try {
            log.record(who, action, target, outcome);
        } catch (EngineException e) {
            // The change has happened or failed already; an error now would tell the user something else.
            LOG.error("audit log is not writable: {} {} {} {}", who.name(), action, target, outcome, e);
        }
    }
}
