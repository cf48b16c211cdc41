package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Queues asynchronous calls of a function, which it deploys anew now and then, and expects each result. */
final class AsyncActor implements Actor {
    private static final int MOST_OUTSTANDING = 30;
    private static final long PAUSE_NANOS = 20_000_000;
    private static final int LONG_BODY = 300_000;

    private final String function;
    private final Sources sources;
    private final Random random;
    private final CallbackReceiver callbacks;
    private final Tally tally;
    private final Set<String> accepted = new HashSet<>();
    private int count;

    AsyncActor(String function, Sources sources, Random random, CallbackReceiver callbacks, Tally tally) {
        this.function = function;
        this.sources = sources;
        this.random = random;
        this.callbacks = callbacks;
        this.tally = tally;
    }

    /** Deploys the function. */
    void prepare(Client client) throws NodeGoneException, IOException {
        Deployments.ensure(client, function, source(), Map.of());
    }

    /** Results come when they come; here only what came without having been asked for. */
    @Override
    public void verify(Client client) throws NodeGoneException {
        assertThat(client.get("/system/function/" + function).status()).isEqualTo(200);
    }

    @Override
    public void act(Client client) throws NodeGoneException {
        if (random.nextInt(25) == 0) {
            String digest = Deployments.upload(client, sourceOrFail());
            if (!digest.isEmpty()) {
                tally.accepted(
                        Deployments.deploy(client, true, function, digest, Map.of())
                                .accepted(),
                        "deploys");
            }
            return;
        }
        if (outstanding().size() >= MOST_OUTSTANDING) {
            LockSupport.parkNanos(PAUSE_NANOS);
            return;
        }
        count++;
        String word = function + "-" + count;
        Client.Reply reply = client.send("POST", "/async-function/" + function, body(word), callbacks.headers(word));
        if (tally.accepted(reply.accepted(), "asynchronous calls")) {
            accepted.add(word);
        }
    }

    /** Calls that were accepted and whose result has not come. */
    Set<String> outstanding() {
        accepted.removeAll(callbacks.received());
        return Set.copyOf(accepted);
    }

    /** Long ones are kept in files of their own. */
    private byte[] body(String word) {
        byte[] body = new byte[random.nextInt(5) == 0 ? LONG_BODY : word.length()];
        Arrays.fill(body, (byte) ' ');
        System.arraycopy(word.getBytes(StandardCharsets.US_ASCII), 0, body, 0, word.length());
        return body;
    }

    private byte[] sourceOrFail() {
        try {
            return source();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] source() throws IOException {
        return sources.handler("""
                def handle(event, context):
                    return {"statusCode": 200, "body": event.body.decode().strip()}  # %d
                """.formatted(random.nextInt()));
    }
}
