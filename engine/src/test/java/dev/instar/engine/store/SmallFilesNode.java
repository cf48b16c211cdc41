package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.HELLO;
import static dev.instar.engine.store.StoreFixture.call;
import static dev.instar.engine.store.StoreFixture.program;
import static dev.instar.engine.store.StoreFixture.storeCode;

import dev.instar.engine.StorageException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;

/**
 * A process that may not write files beyond a size. It does what goes beyond it, and prints what was refused how and
 * how many secrets were accepted before.
 */
final class SmallFilesNode {
    private SmallFilesNode() {}

    public static void main(String[] arguments) throws Exception {
        try (Store store = Store.open(Path.of(arguments[0]), InstantSource.system())) {
            store.functions().deploy(program(HELLO, "/bin/cat"));
            attempt("archive", () -> storeCode(store, "default", Map.of("a", random(6 << 20))));
            attempt("tree", () -> storeCode(store, "default", Map.of("a", "x".repeat(5 << 20))));
            attempt("body", () -> store.async().enqueue(call("long", HELLO, new byte[5 << 20]), ""));
            attempt("database", () -> {
                for (int i = 0; i < 1_000; i++) {
                    store.secrets().create("default", "s" + i, new byte[10_000]);
                    System.out.println("secret s" + i);
                }
            });
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private static void attempt(String what, Step step) throws Exception {
        try {
            step.run();
            System.out.println(what + " accepted");
        } catch (StorageException e) {
            System.out.println(what + " refused");
        }
    }

    private static String random(int length) {
        byte[] bytes = new byte[length / 2];
        new Random(1).nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
