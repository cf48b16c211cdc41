package dev.instar.template.capture;

/** A thread holds a mutex that remembers it by its id; the next moment may be better. */
final class HeldMutexException extends CaptureRefusedException {
    private static final long serialVersionUID = 1;

    HeldMutexException(long address, int thread) {
        super(
                "a recursive or error-checking mutex at 0x" + Long.toHexString(address) + " that thread " + thread
                        + " holds",
                "let its threads come to rest before the checkpoint");
    }
}
