package dev.instar.engine.store;

import java.io.IOException;
import java.io.InputStream;

/** A stream whose other end has gone. */
final class BrokenStream extends InputStream {
    @Override
    public int read() throws IOException {
        throw new IOException("peer has gone");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        throw new IOException("peer has gone");
    }
}
