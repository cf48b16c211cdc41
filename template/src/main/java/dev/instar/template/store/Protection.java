package dev.instar.template.store;

import dev.instar.template.image.InvalidImageException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** Who can read an image: holders of a key, those who know a passphrase, or everybody. Thread-safe. */
public abstract sealed class Protection {
    private static final int IMAGE_KEY_BYTES = 32;
    private static final int TAG_BITS = 128;

    private final int kind;
    final SecureRandom random = new SecureRandom();

    private Protection(int kind) {
        this.kind = kind;
    }

    /** @param key of AES, 256 bits */
    public static Protection key(SecretKey key) {
        return new Key(key);
    }

    /**
     * A passphrase, from which the key is derived with PBKDF2 (SHA-256, 600,000 rounds: half a second).
     *
     * @param passphrase copied
     */
    public static Protection passphrase(char[] passphrase) {
        return new Passphrase(passphrase);
    }

    /**
     * None: whoever has the file can read it, and make another that passes for it. Damage is still found. For images
     * that bear no secrets.
     */
    public static Protection none() {
        return new None();
    }

    /** Hides a key in a header. */
    FileHeader wrap(SecretKey imageKey, FileHeader header) {
        FileHeader prepared = header.with(WrappedKey.none(kind));
        byte[] plain = imageKey.getEncoded();
        try {
            return prepared.with(wrap(plain, prepared.boundToKey()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is not to be had, or not with this key", e);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    /** @throws InvalidImageException if it was not wrapped like this, or has been changed */
    SecretKey unwrap(FileHeader header) throws InvalidImageException {
        if (header.key().kind() != kind) {
            throw new InvalidImageException(
                    "the image is protected by " + name(header.key().kind()) + ", and what was given is " + name(kind));
        }
        try {
            byte[] plain = unwrap(header.key(), header.boundToKey());
            return new SecretKeySpec(plain, "AES");
        } catch (AEADBadTagException e) {
            throw new InvalidImageException(
                    "this is not the " + name(kind) + " of the image, or its start is damaged", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is not to be had, or not with this key", e);
        }
    }

    abstract WrappedKey wrap(byte[] imageKey, byte[] bound) throws GeneralSecurityException;

    abstract byte[] unwrap(WrappedKey wrapped, byte[] bound) throws GeneralSecurityException, InvalidImageException;

    int kind() {
        return kind;
    }

    private static String name(int kind) {
        return switch (kind) {
            case None.KIND -> "nothing";
            case Key.KIND -> "key";
            case Passphrase.KIND -> "passphrase";
            default -> "something unknown";
        };
    }

    private WrappedKey seal(SecretKey with, byte[] salt, int iterations, byte[] imageKey, byte[] bound)
            throws GeneralSecurityException {
        byte[] nonce = new byte[WrappedKey.NONCE_BYTES];
        random.nextBytes(nonce);
        Cipher cipher = cipher(Cipher.ENCRYPT_MODE, with, nonce, salt, iterations, bound);
        return new WrappedKey(kind, salt, iterations, nonce, cipher.doFinal(imageKey));
    }

    private static byte[] open(SecretKey with, WrappedKey wrapped, byte[] bound) throws GeneralSecurityException {
        return cipher(Cipher.DECRYPT_MODE, with, wrapped.nonce(), wrapped.salt(), wrapped.iterations(), bound)
                .doFinal(wrapped.bytes());
    }

    private static Cipher cipher(int mode, SecretKey key, byte[] nonce, byte[] salt, int iterations, byte[] bound)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(bound);
        cipher.updateAAD(salt);
        cipher.updateAAD(ByteBuffer.allocate(Integer.BYTES).putInt(iterations).flip());
        return cipher;
    }

    private static final class Key extends Protection {
        private static final int KIND = 1;

        private final SecretKey key;

        Key(SecretKey key) {
            super(KIND);
            this.key = key;
        }

        @Override
        WrappedKey wrap(byte[] imageKey, byte[] bound) throws GeneralSecurityException {
            return super.seal(key, new byte[WrappedKey.SALT_BYTES], 0, imageKey, bound);
        }

        @Override
        byte[] unwrap(WrappedKey wrapped, byte[] bound) throws GeneralSecurityException {
            return open(key, wrapped, bound);
        }
    }

    private static final class Passphrase extends Protection {
        private static final int KIND = 2;
        private static final int ITERATIONS = 600_000;

        // Far more than anybody writes, and still an end.
        private static final int MOST_ITERATIONS = 10_000_000;

        private final char[] passphrase;

        Passphrase(char[] passphrase) {
            super(KIND);
            this.passphrase = passphrase.clone();
        }

        @Override
        WrappedKey wrap(byte[] imageKey, byte[] bound) throws GeneralSecurityException {
            byte[] salt = new byte[WrappedKey.SALT_BYTES];
            random.nextBytes(salt);
            return super.seal(derive(salt, ITERATIONS), salt, ITERATIONS, imageKey, bound);
        }

        @Override
        byte[] unwrap(WrappedKey wrapped, byte[] bound) throws GeneralSecurityException, InvalidImageException {
            if (wrapped.iterations() < 1 || wrapped.iterations() > MOST_ITERATIONS) {
                throw new InvalidImageException("the header is damaged: " + wrapped.iterations() + " rounds");
            }
            return open(derive(wrapped.salt(), wrapped.iterations()), wrapped, bound);
        }

        private SecretKey derive(byte[] salt, int iterations) throws GeneralSecurityException {
            PBEKeySpec spec = new PBEKeySpec(passphrase, salt, iterations, IMAGE_KEY_BYTES * Byte.SIZE);
            byte[] key = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            spec.clearPassword();
            return new SecretKeySpec(key, "AES");
        }
    }

    private static final class None extends Protection {
        private static final int KIND = 0;

        None() {
            super(KIND);
        }

        @Override
        WrappedKey wrap(byte[] imageKey, byte[] bound) {
            return new WrappedKey(
                    KIND,
                    new byte[WrappedKey.SALT_BYTES],
                    0,
                    new byte[WrappedKey.NONCE_BYTES],
                    Arrays.copyOf(imageKey, WrappedKey.BYTES));
        }

        @Override
        byte[] unwrap(WrappedKey wrapped, byte[] bound) {
            return Arrays.copyOf(wrapped.bytes(), IMAGE_KEY_BYTES);
        }
    }
}
