package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.recovery.Client.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Deploys, rolls back, removes and calls one function; nobody else changes it. */
final class FunctionActor implements Actor {
    /** Fewer than the node keeps, so that none of them may have been pruned. */
    private static final int REMEMBERED_VERSIONS = 5;

    private final String name;
    private final Map<String, String> settings;
    private final Sources sources;
    private final Random random;
    private final Tally tally;
    private final Doubtful<Optional<String>> current;
    private final LinkedHashMap<String, Integer> versions = new LinkedHashMap<>();
    /** Code that was accepted, with its marker, and not deployed so far. */
    private Optional<Map.Entry<String, String>> uploaded = Optional.empty();

    private int count;

    /** @param settings further fields of its deploy requests */
    FunctionActor(String name, Map<String, String> settings, Sources sources, Random random, Tally tally) {
        this.name = name;
        this.settings = settings;
        this.sources = sources;
        this.random = random;
        this.tally = tally;
        this.current = new Doubtful<>("the current version of " + name, Optional.empty());
    }

    @Override
    public void verify(Client client) throws NodeGoneException {
        Reply described = client.get("/system/function/" + name);
        if (described.status() == 404) {
            current.observed(Optional.empty());
            versions.clear();
            return;
        }
        assertThat(described.status()).as(described.body()).isEqualTo(200);
        String marker = client.call(name, new byte[0]).body();
        current.observed(Optional.of(marker));
        int number = described.json().path("version").asInt();
        assertThat(versions.getOrDefault(marker, number)).isEqualTo(number);
        activated(marker, number);
        List<Integer> kept = new ArrayList<>();
        described.json().path("versions").forEach(version -> kept.add(version.asInt()));
        assertThat(kept).as("versions of " + name).containsAll(versions.values());
    }

    @Override
    public void act(Client client) throws NodeGoneException {
        boolean deployed = current.certain().isPresent();
        int choice = random.nextInt(10);
        if (!deployed || choice < 4) {
            deploy(client, deployed);
        } else if (choice < 6 && versions.size() > 1) {
            rollBack(client);
        } else if (choice < 7) {
            remove(client);
        } else {
            Reply reply = client.call(name, new byte[0]);
            tally.add("synchronous calls");
            assertThat(reply.body()).isEqualTo(current.certain().orElseThrow());
        }
    }

    private void deploy(Client client, boolean exists) throws NodeGoneException {
        if (uploaded.isEmpty()) {
            count++;
            String marker = name + ":" + count;
            String digest = Deployments.upload(client, source(marker));
            if (!tally.accepted(!digest.isEmpty(), "uploads")) {
                return;
            }
            uploaded = Optional.of(Map.entry(marker, digest));
        }
        // If the node dies now, the next one must still have the code: it is not uploaded again.
        String marker = uploaded.get().getKey();
        current.change(Optional.of(marker), () -> {
            Reply reply =
                    Deployments.deploy(client, exists, name, uploaded.get().getValue(), settings);
            if (tally.accepted(reply.accepted(), "deploys")) {
                activated(marker, reply.json().path("version").asInt());
                uploaded = Optional.empty();
                return true;
            }
            return false;
        });
    }

    private void rollBack(Client client) throws NodeGoneException {
        List<String> earlier = new ArrayList<>(versions.keySet());
        String marker = earlier.get(random.nextInt(earlier.size() - 1));
        current.change(Optional.of(marker), () -> {
            Reply reply = Deployments.rollback(client, name, versions.get(marker));
            if (tally.accepted(reply.accepted(), "rollbacks")) {
                activated(marker, versions.get(marker));
                return true;
            }
            return false;
        });
    }

    private void remove(Client client) throws NodeGoneException {
        current.change(Optional.empty(), () -> {
            boolean removed = tally.accepted(Deployments.remove(client, name).accepted(), "removals of functions");
            if (removed) {
                versions.clear();
            }
            return removed;
        });
    }

    /** The order is that of activation, which is also the order in which versions are pruned. */
    private void activated(String marker, int number) {
        versions.remove(marker);
        versions.putLast(marker, number);
        if (versions.size() > REMEMBERED_VERSIONS) {
            versions.pollFirstEntry();
        }
    }

    private byte[] source(String marker) {
        try {
            return sources.marked(marker, random);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
