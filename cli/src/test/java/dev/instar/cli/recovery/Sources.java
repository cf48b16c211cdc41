package dev.instar.cli.recovery;

import dev.instar.engine.deploy.SourceArchive;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Source trees of Python functions, packed for upload. */
final class Sources {
    private static final int LARGEST_PADDING = 3 << 20;

    private final Path directory;

    /** @param directory for the trees; is used by one thread */
    Sources(Path directory) {
        this.directory = directory;
    }

    /**
     * A function that answers with its marker, but only if all of its files are there and belong together.
     *
     * @param random decides how large it is
     */
    byte[] marked(String marker, Random random) throws IOException {
        Path tree = fresh();
        byte[] padding = new byte[random.nextInt(3) == 0 ? random.nextInt(LARGEST_PADDING) : 100];
        random.nextBytes(padding);
        Files.write(tree.resolve("padding"), padding);
        Files.createDirectories(tree.resolve("parts"));
        Files.writeString(tree.resolve("parts/one.py"), "MARKER = '" + marker + "'\n");
        Files.writeString(tree.resolve("handler.py"), """
                import os
                from parts import one

                MARKER = "%s"
                PADDING = %d

                def handle(event, context):
                    print("serving", MARKER)
                    if one.MARKER != MARKER or os.stat("padding").st_size != PADDING:
                        return {"statusCode": 500, "body": "a mixture of versions"}
                    return {"statusCode": 200, "body": MARKER}
                """.formatted(marker, padding.length));
        return pack(tree);
    }

    /** A function with the given handler. */
    byte[] handler(String python) throws IOException {
        Path tree = fresh();
        Files.writeString(tree.resolve("handler.py"), python);
        return pack(tree);
    }

    private Path fresh() throws IOException {
        return Files.createTempDirectory(Files.createDirectories(directory), "tree-");
    }

    private static byte[] pack(Path tree) throws IOException {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        SourceArchive.pack(tree, archive, _ -> {});
        Directories.remove(tree);
        return archive.toByteArray();
    }
}
