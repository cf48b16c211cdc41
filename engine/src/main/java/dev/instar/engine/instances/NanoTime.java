package dev.instar.engine.instances;

/** Monotonic nanoseconds that begin near zero, so that they compare with {@code <} and leave room for sentinels. */
final class NanoTime {
    private static final long ORIGIN = System.nanoTime();

    private NanoTime() {}

    /** Nanoseconds since this class was loaded; never negative. */
    static long now() {
        return System.nanoTime() - ORIGIN;
    }
}
