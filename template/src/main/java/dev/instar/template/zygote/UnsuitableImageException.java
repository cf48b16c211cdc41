package dev.instar.template.zygote;

/** An image cannot be used on this machine; the message says why, as a clause about the image. */
public final class UnsuitableImageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnsuitableImageException(String message) {
        super(message);
    }
}
