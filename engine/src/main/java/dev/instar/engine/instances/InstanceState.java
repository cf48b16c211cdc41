package dev.instar.engine.instances;

/**
 * What an instance is doing. A start in progress has no instance yet; it is counted by its function's
 * {@link PoolState}.
 *
 * <pre>
 *           release, last call
 *        ┌──────────────────────┐
 *        ▼                      │
 *      IDLE ──── take ───────▶ BUSY ─── new version … ──▶ RETIRING
 *        │                      │                            │
 *        └───────────▶ ENDED ◀──┴────────── last call ───────┘
 *
 * IDLE ◀──▶ HELD
 * </pre>
 */
enum InstanceState {
    /** Ready, and serving no call. */
    IDLE,
    /** Serving at least one call. */
    BUSY,
    /** Serving its last calls: its version is no longer current, its function was removed, or it yields. */
    RETIRING,
    /** Serving no call and taking none for a moment, while it is frozen or gives back memory. */
    HELD,
    /** Out of the pool; its sandbox is being closed, or is closed. */
    ENDED
}
