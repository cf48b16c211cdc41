package dev.instar.engine.instances;

import dev.instar.engine.EngineException;

/** A start found all sandboxes of the node in use; it has changed nothing and can be made again. */
final class NoSandboxException extends EngineException {
    private static final long serialVersionUID = 1L;

    NoSandboxException(String message) {
        super(message);
    }
}
