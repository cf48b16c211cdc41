package dev.instar.template.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads the XSAVE area in its standard form (Intel SDM volume 1, chapter 13). */
final class ExtendedState {
    /** Where PTRACE_GETREGSET puts the features that the kernel has enabled (XCR0). */
    private static final int ENABLED = 464;

    /** XSTATE_BV: components that are not in their initial state. */
    private static final int USED = 512;

    /** AMX: a process must ask for permission to use it, which belongs to no image. */
    private static final long TILES = 3L << 17;

    private ExtendedState() {}

    /** The state as if the processor had no AMX tiles, which is refused if the thread has something in them. */
    static byte[] withoutTiles(byte[] area, int thread) {
        ByteBuffer state = ByteBuffer.wrap(area.clone()).order(ByteOrder.LITTLE_ENDIAN);
        if ((state.getLong(USED) & TILES) != 0) {
            throw new CaptureRefusedException(
                    "AMX tiles in use by thread " + thread, "release them (TILERELEASE) before the checkpoint");
        }
        return state.putLong(ENABLED, features(area)).array();
    }

    /** The enabled features but for AMX. */
    static long features(byte[] area) {
        return ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN).getLong(ENABLED) & ~TILES;
    }
}
