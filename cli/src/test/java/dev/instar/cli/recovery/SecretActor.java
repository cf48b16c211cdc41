package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Makes, changes and deletes secrets; a function tells what is in one of them. */
final class SecretActor implements Actor {
    private static final String SECRETS = "/system/secrets";
    private static final String PREFIX = "secret-";
    private static final String WORD = "word";
    private static final String FUNCTION = "reveal";
    private static final String HANDLER = """
            def handle(event, context):
                with open("/var/openfaas/secrets/word") as file:
                    return {"statusCode": 200, "body": file.read()}
            """;

    private final Random random;
    private final Tally tally;
    private final DoubtfulNames names = new DoubtfulNames("secret");
    private final Doubtful<String> word = new Doubtful<>("the secret " + WORD, "0");
    private int count;

    SecretActor(Random random, Tally tally) {
        this.random = random;
        this.tally = tally;
    }

    /** Makes the secret and the function. */
    void prepare(Client client, Sources sources) throws NodeGoneException, IOException {
        assertThat(client.send("POST", SECRETS, Map.of("name", WORD, "value", "0"))
                        .accepted())
                .isTrue();
        Deployments.ensure(client, FUNCTION, sources.handler(HANDLER), Map.of("secrets", List.of(WORD)));
    }

    @Override
    public void verify(Client client) throws NodeGoneException {
        List<String> existing = new ArrayList<>();
        client.get(SECRETS + "?namespace=default").json().forEach(secret -> {
            String name = secret.path("name").asString();
            if (name.startsWith(PREFIX)) {
                existing.add(name);
            }
        });
        names.observed(existing);
        word.observed(client.call(FUNCTION, new byte[0]).body());
    }

    @Override
    public void act(Client client) throws NodeGoneException {
        int choice = random.nextInt(3);
        if (choice == 0) {
            count++;
            String next = Integer.toString(count);
            word.change(next, () -> send(client, "PUT", Map.of("name", WORD, "value", next), "changes of secrets"));
        } else if (choice == 1 || names.size() < 3) {
            String name = names.fresh(PREFIX);
            names.create(name, () -> send(client, "POST", Map.of("name", name, "value", name), "new secrets"));
        } else {
            String name = names.any(random);
            names.remove(name, () -> send(client, "DELETE", Map.of("name", name), "deleted secrets"));
        }
    }

    private boolean send(Client client, String method, Map<String, String> document, String what)
            throws NodeGoneException {
        return tally.accepted(client.send(method, SECRETS, document).accepted(), what);
    }
}
