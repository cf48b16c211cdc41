package dev.instar.cli.client;

import dev.instar.cli.CommandException;
import dev.instar.cli.Json;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/** A function of the default namespace on a node, as the benchmarks look at it. */
public final class DeployedFunction {
    private static final Duration END_PATIENCE = Duration.ofSeconds(15);
    private static final Duration END_POLL = Duration.ofMillis(2);
    private static final Duration TEMPLATE_PATIENCE = Duration.ofMinutes(2);
    private static final Duration TEMPLATE_POLL = Duration.ofMillis(20);
    private static final String NAMESPACE = "default";

    private final GatewayClient client;
    private final String name;

    public DeployedFunction(GatewayClient client, String name) {
        this.client = client;
        this.name = name;
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** Ends its instances and waits until they are gone, so that the next call must start one. */
    public void scaleToZero() {
        scaleTo(0, END_PATIENCE);
    }

    /**
     * Asks for a number of idle instances, and waits until there are as many.
     *
     * @throws CommandException if there are not after this time
     */
    public void scaleTo(int number, Duration patience) {
        client.send(
                "POST",
                "/system/scale-function/" + name,
                Map.of("namespace", NAMESPACE),
                Json.object()
                        .put("serviceName", name)
                        .put("namespace", NAMESPACE)
                        .put("replicas", number));
        long deadline = System.nanoTime() + patience.toNanos();
        for (int seen = instances(); seen != number; seen = instances()) {
            if (System.nanoTime() > deadline) {
                throw CommandException.failed(
                        name + " has " + seen + " instances " + patience.toSeconds() + " s after scaling to " + number);
            }
            LockSupport.parkNanos(END_POLL.toNanos());
        }
    }

    /**
     * Waits until it starts from its template.
     *
     * @throws CommandException saying why it does not
     */
    public void awaitTemplate() {
        templateRefusal().ifPresent(reason -> {
            throw CommandException.failed("no template for " + name + ": " + reason);
        });
    }

    /**
     * Waits until it starts from its template, or will not since it asks for cold starts or is a program.
     *
     * @return whether it does
     * @throws CommandException if it should, but cannot
     */
    public boolean awaitTemplateIfAny() {
        JsonNode template = client.get("/system/template/" + name, Map.of("namespace", NAMESPACE));
        if (template.path("state").asString("").equals("off")) {
            return false;
        }
        awaitTemplate();
        return true;
    }

    /**
     * Waits until it is settled whether it starts from a template.
     *
     * @return why it does not; empty if it does
     * @throws CommandException if that takes minutes
     */
    public Optional<String> templateRefusal() {
        long deadline = System.nanoTime() + TEMPLATE_PATIENCE.toNanos();
        while (true) {
            JsonNode template = client.get("/system/template/" + name, Map.of("namespace", NAMESPACE));
            String state = template.path("state").asString("");
            if (state.equals("ready")) {
                return Optional.empty();
            }
            if (!state.equals("preparing")) {
                return Optional.of(template.path("reason").asString(""));
            }
            if (System.nanoTime() > deadline) {
                throw CommandException.failed("no template for " + name + ": it is still being made");
            }
            LockSupport.parkNanos(TEMPLATE_POLL.toNanos());
        }
    }

    /** How many instances it has. */
    public int instances() {
        return describe().path("replicas").asInt(0);
    }

    /** How many of its instances serve no call. */
    public int idle() {
        return describe().path("idleReplicas").asInt(0);
    }

    /** Private memory of its instances together, in bytes. */
    public long privateBytes() {
        return describe().path("usage").path("privateBytes").asLong(0);
    }

    /** Memory its instances share with other processes, together, in bytes. */
    public long sharedBytes() {
        return describe().path("usage").path("sharedBytes").asLong(0);
    }

    private JsonNode describe() {
        return client.get("/system/function/" + name, Map.of("namespace", NAMESPACE, "usage", "1"));
    }
}
