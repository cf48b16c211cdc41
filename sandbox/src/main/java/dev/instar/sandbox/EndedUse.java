package dev.instar.sandbox;

import org.jspecify.annotations.Nullable;

/**
 * A frame whose processes have all ended, but for the init, if it is to be used again, and one of ours.
 *
 * @param frame with this use counted
 * @param fate why it is not to be used again; null if it may be
 * @param clearing in its pid namespace; null if there is none
 * @param network its place on the bridge; null if it had none
 */
record EndedUse(
        SandboxFrame frame,
        @Nullable Destruction fate,
        @Nullable Clearing clearing,
        @Nullable AutoCloseable network) {}
