package dev.instar.engine.functions;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the compiler in a sandbox says of one source file. It is read from a process that works on a tenant's files, so
 * nothing in it is trusted.
 *
 * @param source path of the source inside the tree
 * @param cache name of the bytecode file in the {@code __pycache__} beside the source; empty if it does not compile
 * @param content the bytecode, or why it does not compile
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
record CompiledFile(String source, String cache, byte[] content) {
    private static final int LONGEST_PATH = 4096;
    private static final int LONGEST_CONTENT = 16 << 20;
    private static final Pattern CACHE_NAME = Pattern.compile("[^/\\x00]{1,200}\\.[a-z]+-[0-9]+\\.pyc");

    /**
     * Reads the next one.
     *
     * @return nothing at the end
     * @throws IOException if the stream breaks off or is not well-formed
     */
    static Optional<CompiledFile> read(DataInputStream in) throws IOException {
        String source = new String(bytes(in, LONGEST_PATH), StandardCharsets.UTF_8);
        if (source.isEmpty()) {
            return Optional.empty();
        }
        String cache = new String(bytes(in, LONGEST_PATH), StandardCharsets.UTF_8);
        CompiledFile file = new CompiledFile(source, cache, bytes(in, LONGEST_CONTENT));
        if (!cache.isEmpty() && !file.cacheBelongsToSource()) {
            throw new IOException("bytecode " + cache + " does not belong to " + source);
        }
        return Optional.of(file);
    }

    boolean compiled() {
        return !cache.isEmpty();
    }

    private boolean cacheBelongsToSource() {
        String name = source.substring(source.lastIndexOf('/') + 1);
        return name.endsWith(".py")
                && cache.startsWith(name.substring(0, name.length() - 2))
                && CACHE_NAME.matcher(cache).matches();
    }

    private static byte[] bytes(DataInputStream in, int longest) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > longest) {
            throw new IOException("a length of " + Integer.toUnsignedString(length) + " bytes");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("the compiler broke off");
        }
        return bytes;
    }
}
