package dev.instar.cli.bench;

import dev.instar.engine.StartPreference;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One of the functions of the soak benchmark. It builds a table when it initialises itself, and answers with its own
 * name and an entry, so that an answer of another function, or from memory that is not its own, shows.
 *
 * @param number tells it from the others
 */
record SoakFunction(int number) {
    private static final int NAMESPACES = 4;
    private static final int COLD_ONE_IN = 4;
    private static final int ENTRIES = 1000;
    private static final int PRIME = 9973;

    String name() {
        return "soak-" + number;
    }

    /** The names of all the namespaces that functions are in. */
    static List<String> namespaces() {
        return IntStream.range(0, NAMESPACES)
                .mapToObj(number -> "soak-" + number)
                .toList();
    }

    String namespace() {
        return namespaces().get(number % NAMESPACES);
    }

    String address() {
        return name() + "." + namespace();
    }

    RuntimeKind runtime() {
        return number / COLD_ONE_IN % 2 == 0 ? RuntimeKind.PYTHON : RuntimeKind.NODE;
    }

    StartPreference start() {
        return number % COLD_ONE_IN == COLD_ONE_IN - 1 ? StartPreference.COLD : StartPreference.TEMPLATE;
    }

    /** What it must answer to a number from 0 to 999. */
    String answer(int entry) {
        return name() + " " + (entry * (number + 7) + number) % PRIME;
    }

    /** How many different numbers it can be called with. */
    static int entries() {
        return ENTRIES;
    }

    /** Writes it as a folder that can be deployed. */
    void write(Path parent) throws IOException {
        Path folder = Files.createDirectories(parent.resolve(name()));
        String factor = Integer.toString(number + 7);
        if (runtime() == RuntimeKind.PYTHON) {
            Files.writeString(folder.resolve("handler.py"), """
                    TABLE = [(i * %s + %d) %% %d for i in range(%d)]


                    def handle(event, context):
                        return {"statusCode": 200, "body": "%s " + str(TABLE[int(event.body)])}
                    """.formatted(factor, number, PRIME, ENTRIES, name()));
        } else {
            Files.writeString(folder.resolve("handler.js"), """
                    const table = Array.from({ length: %d }, (_, i) => (i * %s + %d) %% %d);
                    module.exports = async (event, context) =>
                      context.status(200).succeed('%s ' + table[Number(event.body)]);
                    """.formatted(ENTRIES, factor, number, PRIME, name()));
        }
        Files.writeString(folder.resolve("instar.yaml"), "timeout: 60s\nlimits:\n  memory: 128Mi\n");
    }
}
