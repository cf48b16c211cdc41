package dev.instar.engine.node;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has to be closed in the end, the last opened first. Used by one thread at a time. */
final class Closing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    <T extends AutoCloseable> T later(T resource) {
        opened.addFirst(resource);
        return resource;
    }

    /** Closes everything once; one that fails does not keep the others from being closed. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            AutoCloseable resource = opened.removeFirst();
            try {
                resource.close();
            } catch (Exception e) {
                LOG.error("closing {} failed", resource, e);
            }
        }
    }

    /** Closes what had been opened when opening failed. */
    void closeAfter(Throwable failure) {
        LOG.debug("opening failed, closing what was opened", failure);
        close();
    }
}
