package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.recovery.Client.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;

/** Calls a function that was deployed once, before the first kill. */
final class CallActor implements Actor {
    private static final String HANDLER = """
            def handle(event, context):
                return {"statusCode": 200, "body": event.body}
            """;

    private final String function;
    private final Random random;
    private final Tally tally;

    CallActor(String function, Random random, Tally tally) {
        this.function = function;
        this.random = random;
        this.tally = tally;
    }

    void prepare(Client client, Sources sources) throws NodeGoneException, IOException {
        Deployments.ensure(client, function, sources.handler(HANDLER), Map.of());
    }

    @Override
    public void verify(Client client) throws NodeGoneException {
        act(client);
    }

    @Override
    public void act(Client client) throws NodeGoneException {
        String text = Long.toHexString(random.nextLong());
        Reply reply = client.call(function, text.getBytes(StandardCharsets.US_ASCII));
        tally.add("synchronous calls");
        assertThat(reply.body()).isEqualTo(text);
    }
}
