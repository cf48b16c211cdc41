package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that secrets are sealed with: AES-256-GCM with a random nonce for each sealing, and the name of what is
 * sealed as associated data, so that sealed bytes cannot be moved to another name. Thread-safe.
 */
final class MasterKey {
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecretKey key;
    private final SecureRandom random = new SecureRandom();

    private MasterKey(SecretKey key) {
        this.key = key;
    }

    /**
     * Makes the file with mode 0600 and a random key.
     *
     * @throws StorageException if it cannot be written
     */
    static MasterKey create(Path file) {
        byte[] bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        try {
            DurableFiles.createPrivate(file, bytes);
        } catch (IOException e) {
            throw new StorageException("cannot make the master key " + file + ": " + e, e);
        }
        return of(bytes);
    }

    /** @throws StorageException if the file is missing or does not hold a key */
    static MasterKey read(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length != KEY_BYTES) {
                throw lost(file, "is damaged: " + bytes.length + " bytes instead of " + KEY_BYTES);
            }
            return of(bytes);
        } catch (IOException e) {
            throw lost(file, "cannot be read (" + e + ")");
        }
    }

    /** What to tell the operator of a key that does not open the secrets. */
    static StorageException lost(Path file, String problem) {
        return new StorageException("the master key " + file + " " + problem
                + "; without it the stored secrets cannot be read. Put the file back from a backup of this node, or "
                + "start with a new data directory");
    }

    /** A key for another purpose, from which this one cannot be found (HKDF, RFC 5869). */
    SecretKey derive(String purpose) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            "AES",
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(key)
                                    .thenExpand(purpose.getBytes(StandardCharsets.UTF_8), KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 is not to be had", e);
        }
    }

    byte[] seal(String name, byte[] plain) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce, name);
            byte[] sealed = Arrays.copyOf(nonce, NONCE_BYTES + cipher.getOutputSize(plain.length));
            cipher.doFinal(plain, 0, plain.length, sealed, NONCE_BYTES);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is not to be had", e);
        }
    }

    /**
     * @param name the name it was sealed for
     * @throws AEADBadTagException if the bytes were sealed by another key, for another name, or have been changed
     */
    byte[] open(String name, byte[] sealed) throws AEADBadTagException {
        if (sealed.length < NONCE_BYTES + TAG_BITS / 8) {
            throw new AEADBadTagException("too short");
        }
        try {
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(sealed, NONCE_BYTES), name);
            return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
        } catch (AEADBadTagException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is not to be had", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String name) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(name.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private static MasterKey of(byte[] bytes) {
        return new MasterKey(new SecretKeySpec(bytes, "AES"));
    }
}
