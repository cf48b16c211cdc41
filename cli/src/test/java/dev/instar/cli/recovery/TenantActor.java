package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.client.Credentials;
import dev.instar.cli.recovery.Client.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Makes and deletes namespaces and tokens, and looks whether the tokens are good for what they should be. */
final class TenantActor implements Actor {
    private static final String TOKENS = "/system/tokens";
    private static final String NAMESPACE = "tenant-";
    private static final String TOKEN = "token-";
    private static final int MOST = 12;

    private final Random random;
    private final Tally tally;
    private final DoubtfulNames namespaces = new DoubtfulNames("namespace");
    private final DoubtfulNames tokens = new DoubtfulNames("token");
    /** Secret text of tokens whose creation was answered. */
    private final Map<String, String> texts = new HashMap<>();

    TenantActor(Random random, Tally tally) {
        this.random = random;
        this.tally = tally;
    }

    @Override
    public void verify(Client client) throws NodeGoneException {
        List<String> existing = new ArrayList<>();
        client.get("/system/namespaces").json().forEach(name -> existing.add(name.asString()));
        existing.remove("default");
        namespaces.observed(existing);
        List<String> named = new ArrayList<>();
        client.get(TOKENS + "?namespace=default")
                .json()
                .forEach(token -> named.add(token.path("name").asString()));
        tokens.observed(named);
        Map<String, String> revoked = new HashMap<>(texts);
        texts.keySet().retainAll(named);
        revoked.keySet().removeAll(named);
        for (Map.Entry<String, String> token : texts.entrySet()) {
            assertThat(statusWith(client, token.getValue())).as(token.getKey()).isEqualTo(200);
        }
        // One of them, because a node soon refuses to listen to a caller with credentials that are not right.
        for (Map.Entry<String, String> token :
                revoked.entrySet().stream().limit(1).toList()) {
            assertThat(statusWith(client, token.getValue())).as(token.getKey()).isEqualTo(401);
        }
    }

    private static int statusWith(Client client, String token) throws NodeGoneException {
        return client.send(new Credentials.Token(token), "GET", "/system/functions", new byte[0], Map.of())
                .status();
    }

    @Override
    public void act(Client client) throws NodeGoneException {
        switch (random.nextInt(4)) {
            case 0 -> createNamespace(client);
            case 1 -> createToken(client);
            case 2 -> deleteNamespace(client);
            default -> revokeToken(client);
        }
    }

    private void createNamespace(Client client) throws NodeGoneException {
        if (namespaces.size() < MOST) {
            String name = namespaces.fresh(NAMESPACE);
            namespaces.create(
                    name,
                    () -> tally.accepted(
                            client.send("POST", "/system/namespace", Map.of("name", name))
                                    .accepted(),
                            "new namespaces"));
        }
    }

    private void deleteNamespace(Client client) throws NodeGoneException {
        if (namespaces.size() > 0) {
            String name = namespaces.any(random);
            namespaces.remove(
                    name,
                    () -> tally.accepted(
                            client.send("DELETE", "/system/namespace/" + name, Map.of())
                                    .accepted(),
                            "deleted namespaces"));
        }
    }

    private void createToken(Client client) throws NodeGoneException {
        if (tokens.size() < MOST) {
            String name = tokens.fresh(TOKEN);
            tokens.create(name, () -> {
                Reply reply =
                        client.send("POST", TOKENS, Map.of("name", name, "namespace", "default", "role", "viewer"));
                if (tally.accepted(reply.accepted(), "new tokens")) {
                    texts.put(name, reply.json().path("token").asString());
                    return true;
                }
                return false;
            });
        }
    }

    private void revokeToken(Client client) throws NodeGoneException {
        if (tokens.size() > 0) {
            String name = tokens.any(random);
            tokens.remove(
                    name,
                    () -> tally.accepted(
                            client.send("DELETE", TOKENS, Map.of("name", name, "namespace", "default"))
                                    .accepted(),
                            "revoked tokens"));
        }
    }
}
