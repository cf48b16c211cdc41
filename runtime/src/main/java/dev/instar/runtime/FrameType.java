package dev.instar.runtime;

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
    /** Shim to engine: the handler raised an error, or its reply broke off. */
    FAILED(13);

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    /** The byte that stands for this type on the wire. */
    public int code() {
        return code;
    }
}
