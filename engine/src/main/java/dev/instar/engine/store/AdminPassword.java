package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The password of the user {@code admin}, in a file of its own that the operator may read and change. A change takes
 * effect when the node starts next.
 *
 * @param text the password
 * @param generated whether this start of the node has made it
 */
public record AdminPassword(String text, boolean generated) {
    private static final int SHORTEST = 8;

    /**
     * Reads the file, or makes it with mode 0600 and a password of 40 random characters.
     *
     * @throws StorageException if it cannot be read or written, or holds less than {@value #SHORTEST} characters
     */
    static AdminPassword open(Path file) {
        try {
            if (!Files.exists(file)) {
                byte[] random = new byte[30];
                new SecureRandom().nextBytes(random);
                String text = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
                DurableFiles.createPrivate(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
                return new AdminPassword(text, true);
            }
            String text = Files.readString(file).strip();
            if (text.length() < SHORTEST) {
                throw new StorageException(file + " holds no password of at least " + SHORTEST
                        + " characters; write one, or delete the file to have a new one made");
            }
            return new AdminPassword(text, false);
        } catch (IOException e) {
            throw new StorageException("cannot read or make the password file " + file + ": " + e, e);
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "AdminPassword[generated=" + generated + "]";
    }
}
