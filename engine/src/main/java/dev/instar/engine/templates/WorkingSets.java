package dev.instar.engine.templates;

import dev.instar.template.zygote.WorkingSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Working sets beside the images they belong to: addresses alone, no content. One thread at a time. */
final class WorkingSets {
    private static final Logger LOG = LoggerFactory.getLogger(WorkingSets.class);
    private static final String SUFFIX = ".working-set";

    private final Path directory;

    /** @param directory where the images are */
    WorkingSets(Path directory) {
        this.directory = directory;
    }

    /** What is known; one that cannot be read is as good as none. */
    WorkingSet read(String image) {
        try {
            return WorkingSet.parse(Files.readString(file(image)));
        } catch (NoSuchFileException e) {
            return WorkingSet.NONE;
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("the working set of image {} is not used: {}", image, e.getMessage());
            return WorkingSet.NONE;
        }
    }

    void write(String image, WorkingSet touched) throws IOException {
        Path draft = directory.resolve(image + SUFFIX + ".new");
        Files.writeString(draft, touched.toText());
        Files.move(draft, file(image), StandardCopyOption.ATOMIC_MOVE);
    }

    void remove(String image) throws IOException {
        Files.deleteIfExists(file(image));
    }

    private Path file(String image) {
        return directory.resolve(image + SUFFIX);
    }
}
