package dev.instar.cli.bench;

import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * A function whose initialisation builds up state of many kinds, and whose answers say what it finds of it. The same
 * seed makes the same program.
 *
 * @param seed what it was made from
 * @param runtime Python or Node
 * @param parts names of what it is made of
 * @param cloneable whether a template of it can be expected
 * @param source text of its handler
 */
record RandomProgram(long seed, RuntimeKind runtime, List<String> parts, boolean cloneable, String source) {
    private static final int MOST_PARTS = 6;
    private static final int LARGEST_NUMBER = 20;
    /** One program in so many has something that no template can have. */
    private static final int REFUSED = 12;

    RandomProgram {
        parts = List.copyOf(parts);
    }

    /**
     * Makes a program of one of the runtimes.
     *
     * @param names the only parts to use; empty for all
     */
    static RandomProgram of(long seed, List<RuntimeKind> runtimes, List<String> names) {
        RuntimeKind runtime = runtimes.get((int) Math.floorMod(seed, (long) runtimes.size()));
        SplittableRandom random = new SplittableRandom(seed);
        List<ProgramPart> all = ProgramPart.all(runtime).stream()
                .filter(part -> names.isEmpty() || names.contains(part.name()))
                .toList();
        List<ProgramPart> chosen = new ArrayList<>();
        for (int count = random.nextInt(1, MOST_PARTS + 1); chosen.size() < count; ) {
            chosen.add(one(random, all, false));
        }
        boolean refused = random.nextInt(REFUSED) == 0 && all.stream().anyMatch(ProgramPart::refused);
        if (refused) {
            chosen.set(random.nextInt(chosen.size()), one(random, all, true));
        }
        return new RandomProgram(
                seed,
                runtime,
                chosen.stream().map(ProgramPart::name).toList(),
                !refused,
                runtime == RuntimeKind.PYTHON ? python(random, chosen) : node(random, chosen));
    }

    private static ProgramPart one(SplittableRandom random, List<ProgramPart> all, boolean refused) {
        List<ProgramPart> some =
                all.stream().filter(part -> part.refused() == refused).toList();
        return some.get(random.nextInt(some.size()));
    }

    private static String python(SplittableRandom random, List<ProgramPart> chosen) {
        return texts(chosen) + "\nSTEPS = [\n"
                + chosen.stream()
                        .map(part -> "    (\"%s\", %s),\n".formatted(part.name(), call(random, part)))
                        .collect(Collectors.joining())
                + """
                ]


                def handle(event, context):
                    n = int(event.body)
                    lines = []
                    for i in range(len(STEPS)):
                        name, step = STEPS[(i + n) % len(STEPS)]
                        try:
                            lines.append(name + " " + repr(step(n)))
                        except Exception as error:
                            lines.append(name + " raised " + type(error).__name__ + ": " + str(error))
                    return {"statusCode": 200, "body": "\\n".join(lines)}
                """;
    }

    private static String node(SplittableRandom random, List<ProgramPart> chosen) {
        return texts(chosen) + """

                const steps = [];
                module.exports = async (event, context) => {
                  const n = Number(event.body);
                  const lines = [];
                  for (let i = 0; i < steps.length; i++) {
                    const [name, step] = steps[(i + n) % steps.length];
                    try {
                      lines.push(name + ' ' + require('util').inspect(await step(n), { depth: 6, breakLength: Infinity }));
                    } catch (error) {
                      lines.push(name + ' raised ' + error);
                    }
                  }
                  return context.status(200).succeed(lines.join('\\n'));
                };
                module.exports.prepare = async () => {
                """
                + chosen.stream()
                        .map(part -> "  steps.push(['%s', await %s]);\n".formatted(part.name(), call(random, part)))
                        .collect(Collectors.joining())
                + "};\n";
    }

    private static String texts(List<ProgramPart> chosen) {
        return chosen.stream().distinct().map(ProgramPart::text).collect(Collectors.joining());
    }

    private static String call(SplittableRandom random, ProgramPart part) {
        return part.name() + "(" + random.nextInt(1, LARGEST_NUMBER + 1) + ", " + random.nextInt(1, LARGEST_NUMBER + 1)
                + ")";
    }

    /** The numbers that the calls of one of its instances are given; another sequence has others. */
    List<Integer> inputs(int sequence, int calls) {
        return new SplittableRandom(seed * 31 + sequence)
                .ints(calls, 0, LARGEST_NUMBER)
                .boxed()
                .toList();
    }

    /** Writes it as a folder that can be deployed. */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        boolean python = runtime == RuntimeKind.PYTHON;
        Files.writeString(folder.resolve(python ? "handler.py" : "handler.js"), source);
        // The calls of a series go to the same instance: a start can be quicker than the way back from the last call.
        Files.writeString(folder.resolve("instar.yaml"), """
                scale: {max: 1}
                timeout: 20s
                limits:
                  memory: 512Mi
                env:
                  GIVEN: by the deployment
                  DROPPED: by the deployment
                  KEPT: by the deployment
                """ + (python ? "" : "init: prepare\n"));
    }
}
