package dev.instar.template.image;

import java.io.IOException;

/** What was given as an image cannot be one, or cannot be used here. The message says why, in terms of the image. */
public final class InvalidImageException extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param reason for people */
    public InvalidImageException(String reason) {
        super(reason);
    }

    /** @param reason for people */
    public InvalidImageException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
