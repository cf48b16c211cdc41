package dev.instar.cli.demo;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.client.DeployedFunction;
import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.demo.Measurement.TimedCall;
import dev.instar.cli.deploy.FunctionDeployer;
import dev.instar.engine.StartPreference;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Measures calls of functions that start cold, from their templates, and not at all. */
public final class Demo {
    private static final Duration CALL_PATIENCE = Duration.ofSeconds(60);

    private final GatewayClient client;
    private final FunctionDeployer deployer;
    private final int calls;

    /**
     * @param deployer has deployed the functions, to be started cold
     * @param calls how many calls of each function by each kind of start
     */
    public Demo(GatewayClient client, FunctionDeployer deployer, int calls) {
        this.client = client;
        this.deployer = deployer;
        this.calls = calls;
    }

    /** Names of the sample functions. */
    public static List<String> functions() {
        return SampleCall.all().stream().map(SampleCall::function).toList();
    }

    /**
     * Calls one sample function: cold, from its template if it can have one, and warm.
     *
     * @throws CommandException if a reply is not what the function should answer
     */
    public List<Measurement> measure(String function) {
        SampleCall call = SampleCall.all().stream()
                .filter(sample -> sample.function().equals(function))
                .findFirst()
                .orElseThrow();
        DeployedFunction deployed = new DeployedFunction(client, function);
        List<Measurement> measurements = new ArrayList<>();
        measurements.add(starting(call, deployed, "cold"));
        deployer.changeStart(function, StartPreference.TEMPLATE);
        if (deployed.awaitTemplateIfAny()) {
            measurements.add(starting(call, deployed, "template"));
        }
        // A function without a template has been started anew by the change.
        answered(call);
        List<TimedCall> warm = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            warm.add(timed(call, "warm"));
        }
        measurements.add(Measurement.of(function, "warm", warm, deployed.privateBytes()));
        return measurements;
    }

    private Measurement starting(SampleCall call, DeployedFunction deployed, String start) {
        List<TimedCall> timed = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            deployed.scaleToZero();
            timed.add(timed(call, start));
        }
        return Measurement.of(call.function(), start, timed, deployed.privateBytes());
    }

    private TimedCall timed(SampleCall call, String expectedStart) {
        long begun = System.nanoTime();
        HttpResponse<InputStream> response = answered(call);
        double totalMs = (System.nanoTime() - begun) / 1e6;
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

    private HttpResponse<InputStream> answered(SampleCall call) {
        HttpResponse<InputStream> response = client.call(
                call.body().length == 0 ? "GET" : "POST",
                "/function/" + call.function(),
                Map.of(),
                call.body().length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(call.body()),
                CALL_PATIENCE);
        call.check(response.statusCode(), bytes(response));
        return response;
    }

    private static byte[] bytes(HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            return body.readAllBytes();
        } catch (IOException e) {
            throw new CommandException(ExitStatus.FAILED, "a reply broke off: " + e.getMessage(), e);
        }
    }
}
