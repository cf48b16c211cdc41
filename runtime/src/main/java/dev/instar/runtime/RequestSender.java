package dev.instar.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Sends the rest of a large request's body from a virtual thread of its own, while the invoking thread reads the reply:
 * a handler may begin to answer before it has read everything, and neither side may then wait for the other.
 */
final class RequestSender implements Runnable {
    private final FrameWriter writer;
    private final InputStream body;
    private final CountDownLatch ended = new CountDownLatch(1);
    private long left;
    private volatile boolean unwanted;
    private volatile @Nullable Throwable bodyFailure;
    private volatile @Nullable ChannelException channelFailure;

    /** @param left bytes still to send, or −1 if not known */
    RequestSender(FrameWriter writer, InputStream body, long left) {
        this.writer = writer;
        this.body = body;
        this.left = left;
    }

    void start() {
        Thread.ofVirtual().start(this);
    }

    /** What the body's stream threw; set before the shim learns of it. */
    @Nullable
    Throwable bodyFailure() {
        return bodyFailure;
    }

    /**
     * Cuts the body short at the next part, since its call has been answered, and awaits the end of sending.
     *
     * @throws ChannelException if the channel failed
     */
    void end() {
        unwanted = true;
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ChannelException("interrupted while a request's body was being sent", e);
        }
        ChannelException failure = channelFailure;
        if (failure != null) {
            throw failure;
        }
    }

    /** Releases who waits for the end, since the channel was closed; the thread itself may still wait for the body. */
    void abandon() {
        if (ended.getCount() > 0) {
            channelFailure = new ChannelClosedException("the channel was closed while a request's body was being sent");
            ended.countDown();
        }
    }

    @Override
    public void run() {
        try {
            boolean more = true;
            while (more) {
                more = sendPart();
            }
        } catch (ChannelException e) {
            channelFailure = e;
        } finally {
            ended.countDown();
        }
    }

    private boolean sendPart() {
        writer.begin();
        if (unwanted) {
            writer.send(FrameType.DATA, false);
            return false;
        }
        boolean more;
        try {
            more = readPart();
        } catch (IOException | RuntimeException | Error e) {
            bodyFailure = e;
            writer.begin();
            writer.string("RequestBroken");
            writer.string("the request's body broke off");
            writer.string("");
            writer.send(FrameType.FAILED, false);
            return false;
        }
        writer.send(FrameType.DATA, more);
        return more;
    }

    /** Puts the next part into the frame and says whether more will come. */
    private boolean readPart() throws IOException {
        if (left < 0) {
            return writer.part(body, FrameWriter.PART) >= 0;
        }
        int count = writer.part(body, (int) Math.min(left, FrameWriter.PART));
        if (count < 0) {
            throw new EOFException("ended " + left + " bytes early");
        }
        left -= count;
        return left > 0;
    }
}
