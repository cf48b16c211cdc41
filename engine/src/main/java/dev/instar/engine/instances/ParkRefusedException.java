package dev.instar.engine.instances;

/** A function cannot park, whenever it is asked: it fails in its hooks, or has something that no clone can have. */
public final class ParkRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ParkRefusedException(String message) {
        super(message);
    }
}
