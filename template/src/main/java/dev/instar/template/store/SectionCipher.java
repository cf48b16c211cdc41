package dev.instar.template.store;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts the sections of one image with its own key, AES-256-GCM. A section's kind and index are its nonce: no two of
 * an image are the same, and no two images have the same key. They also bind a section to its place. Not thread-safe.
 */
final class SectionCipher {
    static final int TAG_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int KEY_BYTES = 32;

    private final SecretKey key;
    private final Cipher cipher;

    SectionCipher(SecretKey key) {
        this.key = key;
        try {
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is not to be had", e);
        }
    }

    static SecretKey newKey() {
        byte[] bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        return new SecretKeySpec(bytes, "AES");
    }

    /** What a section is. */
    enum Kind {
        UNIT(0),
        IMAGE(1),
        FACTS(2);

        private final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    /**
     * Encrypts. A kind and index must never be used for a second text.
     *
     * @param bound what the section is bound to besides its place
     * @return how many bytes are in {@code sealed}
     */
    int seal(Kind kind, int index, byte[] bound, byte[] plain, int length, byte[] sealed) {
        try {
            initialise(Cipher.ENCRYPT_MODE, kind, index, bound);
            return cipher.doFinal(plain, 0, length, sealed, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("encryption cannot fail", e);
        }
    }

    /**
     * Decrypts.
     *
     * @throws AEADBadTagException if the bytes are not what was sealed for this place with this key
     */
    int open(Kind kind, int index, byte[] bound, byte[] sealed, int length, byte[] plain) throws AEADBadTagException {
        try {
            initialise(Cipher.DECRYPT_MODE, kind, index, bound);
            return cipher.doFinal(sealed, 0, length, plain, 0);
        } catch (AEADBadTagException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("decryption fails only for what was changed", e);
        }
    }

    private void initialise(int mode, Kind kind, int index, byte[] bound) throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(NONCE_BYTES)
                .putInt(kind.number)
                .putLong(index)
                .array();
        cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
        cipher.updateAAD(nonce);
        cipher.updateAAD(bound);
    }
}
