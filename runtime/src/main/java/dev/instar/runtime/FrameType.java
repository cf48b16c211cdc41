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
    /** Shim to engine: the handler is loaded. */
    READY(10),
    /** Shim to engine: loading failed; the head says why. */
    INIT_FAILED(11),
    /** Shim to engine: the reply's status, headers and (first part of the) body. */
    REPLY(12),
    /** Shim to engine: the handler raised an error, or its reply broke off. Engine to shim: the request broke off. */
    FAILED(13);

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
        FrameType[] table = new FrameType[FAILED.code + 1];
        Arrays.fill(table, INIT);
        for (FrameType type : values()) {
            table[type.code] = type;
        }
        return table;
    }
}
