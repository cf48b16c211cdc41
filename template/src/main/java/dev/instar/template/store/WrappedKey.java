package dev.instar.template.store;

/**
 * An image's key as the file has it.
 *
 * @param kind how it is protected; see {@link Protection}
 * @param salt of a passphrase, else zeros
 * @param iterations of a passphrase's derivation, else 0
 * @param nonce of the encryption, else zeros
 * @param bytes the key, encrypted and with its tag; or in the clear and followed by zeros
 */
record WrappedKey(int kind, byte[] salt, int iterations, byte[] nonce, byte[] bytes) {
    static final int SALT_BYTES = 16;
    static final int NONCE_BYTES = 12;
    static final int BYTES = 48;

    /** What stands in a header before the key is there. */
    static WrappedKey none(int kind) {
        return new WrappedKey(kind, new byte[SALT_BYTES], 0, new byte[NONCE_BYTES], new byte[BYTES]);
    }
}
