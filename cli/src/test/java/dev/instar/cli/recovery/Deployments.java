package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.recovery.Client.Reply;
import java.util.HashMap;
import java.util.Map;

/** Uploads and deploy requests as clients send them. */
final class Deployments {
    private static final String FUNCTIONS = "/system/functions";
    private static final Map<String, String> ARCHIVE = Map.of("Content-Type", "application/octet-stream");

    private Deployments() {}

    /** The digest of stored code; empty if the node was too busy. */
    static String upload(Client client, byte[] archive) throws NodeGoneException {
        Reply reply = client.send("PUT", "/system/code?namespace=default&format=tar.gz", archive, ARCHIVE);
        return reply.accepted() ? reply.json().path("digest").asString() : "";
    }

    /**
     * Deploys stored code.
     *
     * @param more further fields of the request
     */
    static Reply deploy(Client client, boolean exists, String name, String digest, Map<String, ?> more)
            throws NodeGoneException {
        Map<String, Object> document = new HashMap<>(more);
        document.put("service", name);
        document.put("image", digest);
        document.put("runtime", "python");
        return client.send(exists ? "PUT" : "POST", FUNCTIONS, document);
    }

    static Reply remove(Client client, String name) throws NodeGoneException {
        return client.send("DELETE", FUNCTIONS, Map.of("functionName", name));
    }

    static Reply rollback(Client client, String name, int version) throws NodeGoneException {
        return client.send("POST", "/system/rollback-function/" + name, Map.of("version", version));
    }

    /** Deploys what all clients need, on a node that nobody kills meanwhile. */
    static void ensure(Client client, String name, byte[] archive, Map<String, ?> more) throws NodeGoneException {
        String digest = upload(client, archive);
        assertThat(deploy(client, false, name, digest, more).status()).isEqualTo(202);
    }
}
