package dev.instar.engine.async;

import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.store.QueuedCall;
import dev.instar.runtime.HeaderField;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Posts results of asynchronous calls to where their callers asked for. Redirects are not followed. Thread-safe. */
final class Callbacks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Callbacks.class);

    private final CallbackAddresses addresses;
    private final RetryPolicy retry;
    private final Duration timeout;
    private final RandomGenerator random;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable HttpClient client;

    Callbacks(AsyncSettings settings, RandomGenerator random) {
        this.addresses = new CallbackAddresses(settings.allowPrivateCallbacks());
        this.timeout = settings.callbackTimeout();
        this.retry = new RetryPolicy(
                settings.callbackAttempts(),
                settings.retry().first(),
                settings.retry().longest());
        this.random = random;
    }

    /** Made when it is first needed: reading the machine's certificates would be a tenth of a node's start. */
    private HttpClient client() {
        lock.lock();
        try {
            HttpClient made = client;
            if (made == null) {
                made = HttpClient.newBuilder()
                        .connectTimeout(timeout)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .executor(Executors.newVirtualThreadPerTaskExecutor())
                        .build();
                client = made;
            }
            return made;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Posts an outcome. A result that cannot be delivered is logged and lost: the call itself has been run, and running
     * it again would not help its callback.
     */
    void post(QueuedCall call, Outcome outcome) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            String failure = tryOnce(call, outcome);
            if (failure.isEmpty()) {
                return;
            }
            if (!retry.allowsAfter(attempt)) {
                LOG.warn("the result of call {} of {} was not delivered: {}", call.id(), call.function(), failure);
                return;
            }
            Thread.sleep(retry.delayAfter(attempt, random));
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (client != null) {
                client.shutdownNow();
            }
        } finally {
            lock.unlock();
        }
    }

    /** @return why it failed, or nothing */
    private String tryOnce(QueuedCall call, Outcome outcome) throws InterruptedException {
        try {
            URI uri = CallbackAddresses.parse(call.callbackUrl());
            addresses.check(uri);
            HttpResponse<Void> response =
                    client().send(request(uri, call, outcome), HttpResponse.BodyHandlers.discarding());
            return response.statusCode() < 500 ? "" : "status " + response.statusCode();
        } catch (InvalidRequestException e) {
            LOG.warn("the result of call {} of {} is not delivered: {}", call.id(), call.function(), e.getMessage());
            return "";
        } catch (IOException e) {
            return e.toString();
        }
    }

    private HttpRequest request(URI uri, QueuedCall call, Outcome outcome) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri)
                .timeout(timeout)
                .header("X-Call-Id", call.id())
                .header("X-Function-Name", call.function().toString())
                .header("X-Function-Status", Integer.toString(outcome.status()))
                .header(
                        "X-Duration-Seconds",
                        String.format(Locale.ROOT, "%.6f", outcome.took().toNanos() / 1e9))
                .POST(HttpRequest.BodyPublishers.ofByteArray(outcome.body()));
        if (outcome.cutOff()) {
            builder.header("X-Instar-Body-Cut-Off", "true");
        }
        for (HeaderField header : outcome.headers()) {
            if (header.name().equalsIgnoreCase("Content-Type")) {
                builder.header("Content-Type", header.value());
            }
        }
        return builder.build();
    }
}
