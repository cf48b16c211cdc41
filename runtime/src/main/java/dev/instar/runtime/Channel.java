package dev.instar.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The engine's end of one channel to an instance. Carries one call at a time: {@link #sendInvoke}, {@link #receive},
 * the reply's body, {@link #finish}. Blocking and fit for virtual threads; used by one thread at a time, except that
 * any thread may {@link #close} it, which ends every wait with a {@link ChannelClosedException}. After a
 * {@link ChannelException} the channel, and with it the instance, is of no further use.
 */
public final class Channel implements AutoCloseable {
    private final SocketChannel socket;
    private final FrameReader reader;
    private final FrameWriter writer;
    private boolean invoked;
    private @Nullable ReplyBody reply;
    private volatile @Nullable RequestSender sender;

    /** @param socket connected and blocking; closed together with this channel */
    public Channel(SocketChannel socket) {
        this.socket = socket;
        this.reader = new FrameReader(socket);
        this.writer = new FrameWriter(socket);
    }

    /**
     * Tells the shim what to load. Only on an instance's first channel, before anything else.
     *
     * @throws IllegalArgumentException if the settings do not fit into a frame
     */
    public void init(ShimSettings settings) {
        writer.begin();
        settings.pairs().forEach(writer::string);
        writer.send(FrameType.INIT, false);
    }

    /**
     * Waits until the handler is loaded. The first call may be sent before.
     *
     * @throws ChannelClosedException if the process ended without saying why
     */
    public InitResult awaitReady() {
        Frame frame = reader.next();
        return switch (frame.type()) {
            case READY -> new InitResult.Ready(convention(frame));
            case INIT_FAILED -> {
                HandlerFailure failure = failure(frame);
                yield new InitResult.InitFailure(failure.type(), failure.message(), failure.trace());
            }
            default -> throw new ChannelException("the instance sent " + frame.type() + " instead of READY");
        };
    }

    /**
     * Makes the process ready to be captured as a template: runs its before-checkpoint hooks, and waits until it is
     * parked in a read of this channel. No call may be under way on any of its channels, and none may be sent before
     * {@link #wake}. Only on the first channel of an instance that was initialised for a template.
     *
     * @throws ChannelClosedException if the process ended without saying why
     */
    public ParkResult park() {
        if (invoked) {
            throw new IllegalStateException("a call is under way");
        }
        writer.begin();
        writer.send(FrameType.PARK, false);
        Frame frame = reader.next();
        return switch (frame.type()) {
            case PARKED -> new ParkResult.Parked(warnings(frame));
            case PARK_FAILED -> {
                HandlerFailure failure = failure(frame);
                yield new ParkResult.ParkFailure(failure.type(), failure.message(), failure.trace());
            }
            default -> throw new ChannelException("the instance sent " + frame.type() + " instead of PARKED");
        };
    }

    /**
     * Tells a parked process, or a clone of one, who it is now. First on the first channel; the first call there may be
     * sent before {@link #awaitAwake}, calls on other channels after it.
     *
     * @param background whether no call waits: a process in which nothing runs before its first call may then say that
     *     it is awake before it is, and be so when the call comes
     * @throws IllegalArgumentException if the settings do not fit into a frame; nothing was sent
     * @throws ChannelClosedException if the process has gone
     */
    public void wake(WakeSettings settings, boolean background) {
        writer.begin();
        settings.pairs().forEach(writer::string);
        writer.send(FrameType.WAKE, background);
    }

    /**
     * Waits until the process that was woken has reseeded its random sources and run its after-restore hooks; or, if no
     * call waits, until it will have before it runs anything of the function's.
     *
     * @throws ChannelClosedException if the process ended without saying why
     */
    public WakeResult awaitAwake() {
        Frame frame = reader.next();
        return switch (frame.type()) {
            case AWAKE -> {
                if (!frame.head().isEmpty() || frame.bodyLength() != 0 || frame.more()) {
                    throw new ChannelException("the instance sent a malformed AWAKE");
                }
                yield new WakeResult.Awake();
            }
            case WAKE_FAILED -> {
                HandlerFailure failure = failure(frame);
                yield new WakeResult.WakeFailure(failure.type(), failure.message(), failure.trace());
            }
            default -> throw new ChannelException("the instance sent " + frame.type() + " instead of AWAKE");
        };
    }

    /**
     * Sends a call. A body that fits into one frame goes with the head in a single write. A larger one is sent by a
     * virtual thread while the caller goes on to {@link #receive}; {@code body} is in use until {@link #finish}
     * returns.
     *
     * @param length the body's length in bytes, or −1 if not known; 0 leaves {@code body} unread
     * @throws IOException if {@code body} could not be read; nothing was sent, and the channel can carry another call
     * @throws IllegalArgumentException if the head does not fit into a frame; nothing was sent either
     * @throws ChannelClosedException if the instance has gone
     */
    public void sendInvoke(InvokeHead head, InputStream body, long length) throws IOException {
        if (invoked) {
            throw new IllegalStateException("the previous call was not finished");
        }
        writer.begin();
        writer.string(head.callId());
        writer.string(head.method());
        writer.string(head.path());
        writer.string(head.query());
        writer.string(head.remoteAddress());
        writer.string(Long.toString(head.deadline()));
        writer.string(head.form().wireName());
        for (HeaderField header : head.headers()) {
            writer.string(header.name());
            writer.string(header.value());
        }
        boolean whole = writer.body(body, length);
        invoked = true;
        writer.send(FrameType.INVOKE, !whole);
        if (!whole) {
            RequestSender rest = new RequestSender(writer, body, length < 0 ? -1 : length - FrameWriter.PART);
            sender = rest;
            rest.start();
        }
    }

    /**
     * Waits for the answer to the call that was sent.
     *
     * @throws RequestBrokenException if the request's body could not be read to its end; after {@link #finish} the
     *     channel can carry another call
     * @throws ChannelClosedException if the instance has gone
     */
    public InvokeResult receive() {
        if (!invoked || reply != null) {
            throw new IllegalStateException("no call waits for an answer");
        }
        Frame frame = reader.next();
        ReplyBody body = new ReplyBody(reader, frame);
        if (frame.type() == FrameType.REPLY) {
            reply = body;
            return new HandlerReply(status(frame), headers(frame), body);
        }
        if (frame.type() != FrameType.FAILED) {
            throw new ChannelException("the instance sent " + frame.type() + " instead of a reply");
        }
        HandlerFailure failure = failure(frame);
        reply = body;
        RequestSender rest = sender;
        Throwable cause = rest == null ? null : rest.bodyFailure();
        if (cause != null) {
            throw new RequestBrokenException(cause);
        }
        return failure;
    }

    /**
     * Ends the call that was answered: drops what is left of the reply's body, and cuts the request's short if some of
     * it is left, which takes until the read of it that is under way returns. Costs nothing if nothing is left. When it
     * returns, the channel can carry the next call.
     *
     * @throws ChannelException if the channel failed
     */
    public void finish() {
        if (reply == null) {
            throw new IllegalStateException("no call was answered");
        }
        reply.close();
        RequestSender rest = sender;
        if (rest != null) {
            rest.end();
            sender = null;
        }
        reply = null;
        invoked = false;
    }

    /** Whether the channel can carry a call now: none is under way. */
    public boolean idle() {
        return !invoked;
    }

    /**
     * Closes the socket; the shim ends its process when all of its channels are closed. If a large request's body was
     * being sent, one read of it may still be going on afterwards.
     */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new ChannelException("closing the channel failed", e);
        } finally {
            RequestSender rest = sender;
            if (rest != null) {
                rest.abandon();
            }
        }
    }

    /** The content of a FAILED, INIT_FAILED, PARK_FAILED or WAKE_FAILED frame. */
    static HandlerFailure failure(Frame frame) {
        List<String> head = frame.head();
        if (head.size() != 3 || frame.bodyLength() != 0 || frame.more()) {
            throw new ChannelException("the instance sent a malformed " + frame.type());
        }
        return new HandlerFailure(head.get(0), head.get(1), head.get(2));
    }

    private static List<String> warnings(Frame frame) {
        List<String> head = frame.head();
        if (head.size() > ParkResult.MAX_WARNINGS || frame.bodyLength() != 0 || frame.more()) {
            throw new ChannelException("the instance sent a malformed PARKED");
        }
        for (String warning : head) {
            if (warning.length() > ParkResult.MAX_WARNING_LENGTH) {
                throw new ChannelException(
                        "the instance sent a malformed PARKED: a warning of " + warning.length() + " characters");
            }
        }
        return head;
    }

    private static HandlerConvention convention(Frame frame) {
        if (frame.head().size() != 1 || frame.bodyLength() != 0 || frame.more()) {
            throw new ChannelException("the instance sent a malformed READY");
        }
        try {
            return HandlerConvention.of(frame.head().getFirst());
        } catch (IllegalArgumentException e) {
            throw new ChannelException("the instance sent a malformed READY: " + e.getMessage(), e);
        }
    }

    private static int status(Frame frame) {
        String text = frame.head().isEmpty() ? "" : frame.head().getFirst();
        int status = 0;
        for (int i = 0; i < text.length(); i++) {
            char digit = text.charAt(i);
            status = digit < '0' || digit > '9' ? -1000 : status * 10 + digit - '0';
        }
        if (text.length() != 3 || status < 200 || status > 599) {
            throw new ChannelException("the instance replied with a status that is not 200 to 599");
        }
        return status;
    }

    private static List<HeaderField> headers(Frame frame) {
        List<String> head = frame.head();
        if (head.size() % 2 == 0) {
            throw new ChannelException("the instance replied with a header that has no value");
        }
        List<HeaderField> headers = new ArrayList<>(head.size() / 2);
        for (int i = 1; i < head.size(); i += 2) {
            headers.add(HeaderSyntax.check(head.get(i), head.get(i + 1)));
        }
        return headers;
    }
}
