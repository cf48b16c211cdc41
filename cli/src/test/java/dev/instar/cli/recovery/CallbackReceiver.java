package dev.instar.cli.recovery;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;

/** Where results of asynchronous calls are posted; outlives every run of the node. Thread-safe. */
final class CallbackReceiver implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<String> received = ConcurrentHashMap.newKeySet();
    private final List<String> wrong = new ArrayList<>();
    private final Tally tally;
    private final ReentrantLock lock = new ReentrantLock();

    CallbackReceiver(Tally tally) throws IOException {
        this.tally = tally;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::receive);
        server.start();
    }

    /** Headers that have the result of a call posted here, under the given word. */
    Map<String, String> headers(String word) {
        return Map.of(
                "X-Callback-Url", "http://127.0.0.1:" + server.getAddress().getPort() + "/" + word);
    }

    /** Words whose calls have succeeded. */
    Set<String> received() {
        return received;
    }

    /** Results that were not what the handler answers. */
    List<String> wrong() {
        lock.lock();
        try {
            return List.copyOf(wrong);
        } finally {
            lock.unlock();
        }
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String word = exchange.getRequestURI().getPath().substring(1);
            String status = exchange.getRequestHeaders().getFirst("X-Function-Status");
            lock.lock();
            try {
                if (!"200".equals(status) || !body.equals(word)) {
                    wrong.add(word + " ended with " + status + ": " + body);
                } else if (!received.add(word)) {
                    tally.add("asynchronous calls run more than once");
                }
            } finally {
                lock.unlock();
            }
            exchange.sendResponseHeaders(204, -1);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
