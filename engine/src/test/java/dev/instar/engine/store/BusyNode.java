package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.call;
import static dev.instar.engine.store.StoreFixture.spec;
import static dev.instar.engine.store.StoreFixture.storeCode;

import dev.instar.engine.FunctionName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A process that changes a store without pause until it is killed, and prints each change after it was accepted. Lines
 * are {@code deploy NAME CODE}, {@code enqueue ID}, {@code secret NAME}, and {@code complete ID} before it is tried.
 */
final class BusyNode {
    private final Store store;
    private final String round;

    private BusyNode(Store store, String round) {
        this.store = store;
        this.round = round;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Store store = Store.open(Path.of(arguments[0]), InstantSource.system());
        BusyNode node = new BusyNode(store, arguments[1]);
        print("ready");
        Thread.ofVirtual().start(node::deploy);
        Thread.ofVirtual().start(node::enqueueShort);
        Thread.ofVirtual().start(node::enqueueLong);
        Thread.ofVirtual().start(node::complete);
        Thread.ofVirtual().start(node::writeSecrets).join();
    }

    /** The body of a call, which its id determines. */
    static byte[] body(String id) {
        byte[] body = new byte[id.startsWith("long") ? 200_000 : 100];
        Arrays.fill(body, (byte) id.hashCode());
        return body;
    }

    private void deploy() {
        forever(i -> {
            FunctionName name = new FunctionName("default", "f-" + i % 5);
            String code = storeCode(store, "default", Map.of("handler.py", "x = '" + round + i + "'", "lib/y.py", "y"));
            store.functions().deploy(spec(name, code, Map.of(), List.of()));
            print("deploy " + name.name() + " " + code);
        });
    }

    private void enqueueShort() {
        forever(i -> enqueue("short-" + round + "-" + i));
    }

    private void enqueueLong() {
        forever(i -> enqueue("long-" + round + "-" + i));
    }

    private void enqueue(String id) throws Exception {
        store.async().enqueue(call(id, new FunctionName("default", "target"), body(id)), "");
        print("enqueue " + id);
    }

    private void complete() {
        forever(_ -> {
            for (QueuedCall call : store.async().claim(2, _ -> 2)) {
                print("complete " + call.id());
                store.async().complete(call);
            }
        });
    }

    private void writeSecrets() {
        forever(i -> {
            String name = "s-" + round + "-" + i;
            store.secrets().create("default", name, name.getBytes(StandardCharsets.UTF_8));
            print("secret " + name);
        });
    }

    private interface Step {
        void run(int i) throws Exception;
    }

    private static void forever(Step step) {
        for (int i = 0; ; i++) {
            try {
                step.run(i);
            } catch (Exception e) {
                print("failed " + e);
                Runtime.getRuntime().halt(1);
            }
        }
    }

    private static void print(String line) {
        synchronized (System.out) {
            System.out.println(line);
            System.out.flush();
        }
    }
}
