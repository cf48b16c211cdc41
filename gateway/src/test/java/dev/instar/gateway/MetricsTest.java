package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.FunctionName;
import dev.instar.engine.StartKind;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class MetricsTest {
    private Gateway gateway;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private List<String> scrape() {
        return gateway.manage("GET", "/metrics", "").body().lines().toList();
    }

    @Test
    void countsCallsUnderOpenFaasNames() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        gateway.engine.install("held", false, (call, reply) -> {
            running.countDown();
            try {
                release.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            reply.begin(201, List.of(), MemoryEngine.SERVED, 0).close();
        });
        Thread caller = Thread.startVirtualThread(() -> gateway.send(gateway.admin("/function/held")));
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();

        assertThat(scrape())
                .contains(
                        "gateway_function_invocation_inflight{function_name=\"held.default\"} 1.0",
                        "gateway_function_invocation_started{function_name=\"held.default\"} 1.0",
                        "gateway_service_count{function_name=\"held.default\"} 0.0",
                        "instar_queue_length{function_name=\"held.default\"} 4.0",
                        "instar_instances{function_name=\"held.default\",state=\"idle\"} 0.0",
                        "instar_function_memory_bytes{function_name=\"held.default\",kind=\"private\"} 1000.0",
                        "instar_function_memory_bytes{function_name=\"held.default\",kind=\"shared\"} 3000.0",
                        "instar_node_sandboxes_ready 5.0",
                        "instar_node_memory_bound_bytes 5.36870912E8",
                        "instar_node_launchers_lost_total 1.0",
                        "instar_sandboxes_repurposed_total 40.0",
                        "instar_sandboxes_networks_replaced_total 3.0",
                        "instar_sandboxes_cleaning_seconds_total 1.5",
                        "instar_sandboxes_destroyed_total{reason=\"surplus\"} 2.0");
        release.countDown();
        caller.join();

        // The caller has its reply before the call is counted as ended.
        await().untilAsserted(() -> assertThat(scrape())
                .contains(
                        "gateway_function_invocation_inflight{function_name=\"held.default\"} 0.0",
                        "gateway_function_invocation_total{code=\"201\",function_name=\"held.default\"} 1.0",
                        "gateway_functions_seconds_count{code=\"201\",function_name=\"held.default\"} 1",
                        "instar_starts_total{function_name=\"held.default\",kind=\"warm\"} 1.0",
                        "# TYPE gateway_functions_seconds histogram"));
        assertThat(scrape()).anyMatch(line -> line.startsWith("gateway_functions_seconds_bucket{code=\"201\""));
    }

    @Test
    void countsStartsFailuresAndEnds() {
        FunctionName name = FunctionName.parse("f.shop");
        gateway.metrics.instanceStarted(name, StartKind.COLD, Map.of("sandbox", 2_000_000L, "init", 70_000_000L));
        gateway.metrics.instanceStarted(name, StartKind.TEMPLATE, Map.of("clone", 900_000L));
        gateway.metrics.startFailed(name, "init");
        gateway.metrics.instanceEnded(name, "idle");
        gateway.metrics.instanceEnded(name, "idle");

        assertThat(scrape())
                .contains(
                        "instar_starts_total{function_name=\"f.shop\",kind=\"cold\"} 1.0",
                        "instar_starts_total{function_name=\"f.shop\",kind=\"template\"} 1.0",
                        "instar_start_phase_seconds_sum{function_name=\"f.shop\",phase=\"init\"} 0.07",
                        "instar_start_phase_seconds_count{function_name=\"f.shop\",phase=\"sandbox\"} 1",
                        "instar_start_failures_total{phase=\"init\"} 1.0",
                        "instar_instance_ends_total{reason=\"idle\"} 2.0");
    }
}
