package dev.instar.runtime;

import java.util.Arrays;

/** Kinds of frames on an instance's channel; {@code docs/protocol.md} defines their heads. */
public enum FrameType {
    /** Engine to shim, first frame of the first channel: what to load. */
    INIT(1),
    /** Engine to shim: one invocation. */
    INVOKE(2),
    /** Either way: more of the body that the last INVOKE or REPLY began. */
    DATA(3),
    /** Engine to shim, on the first channel: prepare to be captured as a template. */
    PARK(4),
    /** Engine to shim, on the first channel of a parked process or of a clone of it: who you are now. */
    WAKE(5),
    /** Shim to engine: the handler is loaded. */
    READY(10),
    /** Shim to engine: loading failed; the head says why. */
    INIT_FAILED(11),
    /** Shim to engine: the reply's status, headers and (first part of the) body. */
    REPLY(12),
    /** Shim to engine: the handler raised an error, or its reply broke off. Engine to shim: the request broke off. */
    FAILED(13),
    /** Shim to engine: the process may be captured; the head warns of what its clones will share. */
    PARKED(14),
    /** Shim to engine: it cannot become a template and serves on; the head says why. */
    PARK_FAILED(15),
    /** Shim to engine: reseeded, renamed, and after-restore hooks run. */
    AWAKE(16),
    /** Shim to engine: waking up failed, and the process ends; the head says why. */
    WAKE_FAILED(17);

    private static final FrameType[] BY_CODE = byCode();

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    /** The byte that stands for this type on the wire. */
    public int code() {
        return code;
    }

    /**
     * The type a byte stands for.
     *
     * @throws ChannelException if there is none
     */
    static FrameType of(int code) {
        if (code < 0 || code >= BY_CODE.length || BY_CODE[code].code != code) {
            throw new ChannelException("unknown frame type " + code);
        }
        return BY_CODE[code];
    }

    private static FrameType[] byCode() {
        FrameType[] table = new FrameType[WAKE_FAILED.code + 1];
        Arrays.fill(table, INIT);
        for (FrameType type : values()) {
            table[type.code] = type;
        }
        return table;
    }
}
