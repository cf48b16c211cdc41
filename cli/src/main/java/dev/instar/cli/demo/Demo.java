package dev.instar.cli.demo;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.Json;
import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.demo.Measurement.TimedCall;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/** Measures cold and warm calls of functions that are deployed on a node. */
public final class Demo {
    private static final Duration CALL_PATIENCE = Duration.ofSeconds(60);
    private static final Duration END_PATIENCE = Duration.ofSeconds(15);
    private static final Duration END_POLL = Duration.ofMillis(2);
    private static final Map<String, String> NAMESPACE = Map.of("namespace", "default");

    private final GatewayClient client;
    private final int calls;

    /** @param calls how many cold and how many warm calls of each function */
    public Demo(GatewayClient client, int calls) {
        this.client = client;
        this.calls = calls;
    }

    /** Names of the sample functions. */
    public static List<String> functions() {
        return SampleCall.all().stream().map(SampleCall::function).toList();
    }

    /**
     * Calls one sample function, first cold, then warm.
     *
     * @throws CommandException if a reply is not what the function should answer
     */
    public List<Measurement> measure(String function) {
        SampleCall call = SampleCall.all().stream()
                .filter(sample -> sample.function().equals(function))
                .findFirst()
                .orElseThrow();
        List<TimedCall> cold = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            endIdleInstances(function);
            cold.add(timed(call, "cold"));
        }
        Measurement coldCalls = Measurement.of(function, "cold", cold, privateBytes(function));
        List<TimedCall> warm = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            warm.add(timed(call, "warm"));
        }
        return List.of(coldCalls, Measurement.of(function, "warm", warm, privateBytes(function)));
    }

    private TimedCall timed(SampleCall call, String expectedStart) {
        long begun = System.nanoTime();
        HttpResponse<InputStream> response = client.call(
                call.body().length == 0 ? "GET" : "POST",
                "/function/" + call.function(),
                Map.of(),
                call.body().length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(call.body()),
                CALL_PATIENCE);
        byte[] reply = bytes(response);
        double totalMs = (System.nanoTime() - begun) / 1e6;
        call.check(response.statusCode(), reply);
        String start = response.headers().firstValue("X-Instar-Start").orElse("unknown");
        if (!start.equals(expectedStart)) {
            throw CommandException.failed(
                    "a " + expectedStart + " call of " + call.function() + " was served by a " + start + " start");
        }
        return new TimedCall(
                Double.parseDouble(
                        response.headers().firstValue("X-Instar-Start-Ms").orElse("0")),
                totalMs);
    }

    private static byte[] bytes(HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            return body.readAllBytes();
        } catch (IOException e) {
            throw new CommandException(ExitStatus.FAILED, "a reply broke off: " + e.getMessage(), e);
        }
    }

    /** Scales to zero and waits until the instances are gone, so that the next call must start one. */
    private void endIdleInstances(String function) {
        client.send(
                "POST",
                "/system/scale-function/" + function,
                NAMESPACE,
                Json.object()
                        .put("serviceName", function)
                        .put("namespace", "default")
                        .put("replicas", 0));
        long deadline = System.nanoTime() + END_PATIENCE.toNanos();
        while (describe(function).path("replicas").asInt(0) > 0) {
            if (System.nanoTime() > deadline) {
                throw CommandException.failed("instances of " + function + " did not end within "
                        + END_PATIENCE.toSeconds() + " s of scaling to zero");
            }
            LockSupport.parkNanos(END_POLL.toNanos());
        }
    }

    private long privateBytes(String function) {
        JsonNode usage = describe(function).path("usage");
        return usage.path("privateBytes").asLong(0);
    }

    private JsonNode describe(String function) {
        return client.get("/system/function/" + function, Map.of("namespace", "default", "usage", "1"));
    }
}
