package dev.instar.engine.store;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream of which only so much may be read until more is allowed. Confined to one thread. */
final class BudgetedInputStream extends FilterInputStream {
    private long left;

    BudgetedInputStream(InputStream in) {
        super(in);
    }

    /** Sets how many bytes may be read from here on. */
    void allow(long bytes) {
        left = bytes;
    }

    @Override
    public int read() throws IOException {
        spend(1);
        return super.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int n = super.read(bytes, offset, length);
        spend(Math.max(n, 0));
        return n;
    }

    @Override
    public long skip(long count) throws IOException {
        long n = super.skip(count);
        spend(n);
        return n;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void spend(long bytes) throws IOException {
        left -= bytes;
        if (left < 0) {
            throw new IOException("the headers of an entry, or what follows the last one, are too long");
        }
    }
}
