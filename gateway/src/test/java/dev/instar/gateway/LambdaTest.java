package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.Call;
import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InstanceFailedException;
import dev.instar.runtime.HeaderField;
import java.io.OutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LambdaTest {
    private Gateway gateway;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private HttpRequest.Builder invocation(String function, String type) {
        HttpRequest.Builder request = gateway.admin("/2015-03-31/functions/" + function + "/invocations")
                .POST(BodyPublishers.ofString("{\"a\":1}"));
        return type.isEmpty() ? request : request.header("X-Amz-Invocation-Type", type);
    }

    @Test
    void answersWithTheHandlersResult() {
        AtomicReference<Call> seen = new AtomicReference<>();
        FunctionName name = FunctionName.parse("adder");
        gateway.engine.install("adder", false, (call, reply) -> {
            seen.set(call);
            gateway.engine.logs.write(name, "i-1", "x".repeat(5000));
            gateway.engine.logs.write(name, "i-1", "adding");
            gateway.engine.logs.write(name, "i-2", "another instance");
            byte[] body = call.body().readAllBytes();
            try (OutputStream out =
                    reply.begin(201, MemoryEngine.headers("X", "y"), MemoryEngine.SERVED, body.length)) {
                out.write(body);
            }
        });

        HttpResponse<String> response = gateway.send(invocation("adder", "").header("X-Amz-Log-Type", "Tail"));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("{\"a\":1}");
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.headers().firstValue("X-Amz-Executed-Version")).hasValue("1");
        assertThat(response.headers().firstValue("X-Amz-Function-Error")).isEmpty();
        byte[] log = Base64.getDecoder()
                .decode(response.headers().firstValue("X-Amz-Log-Result").orElseThrow());
        assertThat(log).hasSize(4096);
        assertThat(new String(log, StandardCharsets.UTF_8)).endsWith("x\nadding\n");
        assertThat(seen.get().method()).isEqualTo("POST");
        assertThat(seen.get().path()).isEqualTo("/");
        assertThat(seen.get().headers()).contains(new HeaderField("X-Instar-Event", "raw"));
    }

    @Test
    void tellsWhatTheHandlerThrew() {
        gateway.engine.install("thrower", false, (call, reply) -> {
            byte[] body =
                    "{\"type\":\"ValueError\",\"message\":\"no\",\"callId\":\"c\"}".getBytes(StandardCharsets.UTF_8);
            try (OutputStream out = reply.begin(
                    500, MemoryEngine.headers("X-Instar-Error", "handler"), MemoryEngine.SERVED, body.length)) {
                out.write(body);
            }
        });

        HttpResponse<String> response = gateway.send(invocation("thrower", ""));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("X-Amz-Function-Error")).hasValue("Unhandled");
        assertThat(Gateway.json(response))
                .isEqualTo(Gateway.json("{\"errorMessage\":\"no\",\"errorType\":\"ValueError\"}"));
    }

    @Test
    void queuesEventsAndChecksDryRuns() {
        gateway.echo("echo");
        assertThat(gateway.send(invocation("echo", "Event")).statusCode()).isEqualTo(202);
        assertThat(gateway.engine.async.accepted).hasSize(1);
        assertThat(gateway.send(invocation("echo", "DryRun")).statusCode()).isEqualTo(204);
        assertThat(gateway.send(invocation("absent", "DryRun")).statusCode()).isEqualTo(404);
        HttpResponse<String> odd = gateway.send(invocation("echo", "Sometimes"));
        assertThat(odd.statusCode()).isEqualTo(400);
        assertThat(odd.headers().firstValue("X-Amzn-ErrorType")).hasValue("InvalidParameterValueException");
        assertThat(gateway.engine.async.accepted).hasSize(1);
    }

    @Test
    void aFailedFunctionIsAnAnswer() {
        gateway.engine.install("crash", false, (call, reply) -> {
            throw new InstanceFailedException("exit status 1");
        });
        gateway.engine.install("slow", false, (call, reply) -> {
            throw new DeadlineExceededException("no answer within 3s");
        });

        HttpResponse<String> crashed = gateway.send(invocation("crash", "RequestResponse"));
        assertThat(crashed.statusCode()).isEqualTo(200);
        assertThat(crashed.headers().firstValue("X-Amz-Function-Error")).hasValue("Unhandled");
        assertThat(Gateway.json(crashed).path("errorMessage").asString()).isEqualTo("exit status 1");
        assertThat(Gateway.json(gateway.send(invocation("slow", "")))
                        .path("errorType")
                        .asString())
                .isEqualTo("Sandbox.Timedout");
    }

    @Test
    void aCallThatCannotBeMadeIsAnError() {
        HttpResponse<String> absent = gateway.send(invocation("absent", ""));
        assertThat(absent.statusCode()).isEqualTo(404);
        assertThat(absent.headers().firstValue("X-Amzn-ErrorType")).hasValue("ResourceNotFoundException");
        assertThat(Gateway.json(absent).path("Type").asString()).isEqualTo("User");
        assertThat(Gateway.json(absent).path("Message").asString()).contains("absent");

        HttpResponse<String> anonymous = gateway.send(
                gateway.request("/2015-03-31/functions/x/invocations").POST(BodyPublishers.noBody()));
        assertThat(anonymous.statusCode()).isEqualTo(401);
        assertThat(anonymous.headers().firstValue("WWW-Authenticate")).isPresent();
    }
}
