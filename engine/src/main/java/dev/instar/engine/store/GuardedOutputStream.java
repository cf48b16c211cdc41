package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** Writes a file and reports trouble as the disk's, so that it is told from trouble with what is being copied. */
final class GuardedOutputStream extends OutputStream {
    private final Path file;
    private final FileOutputStream out;

    GuardedOutputStream(Path file) {
        this.file = file;
        try {
            this.out = new FileOutputStream(file.toFile());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private StorageException failed(IOException e) {
        return new StorageException("cannot write " + file + ": " + e.getMessage(), e);
    }
}
