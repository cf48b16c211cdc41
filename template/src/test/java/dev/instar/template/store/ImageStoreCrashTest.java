package dev.instar.template.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.template.image.Image;
import dev.instar.template.image.Images;
import dev.instar.template.image.MemoryUnits;
import dev.instar.template.image.Region;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that stores images is killed at any moment: what is there afterwards is complete. */
class ImageStoreCrashTest {
    private static final int KILLS = 6;
    private static final int MOST_IMAGES = 1000;

    /** The process that is killed: stores images and says which, after each. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws IOException {
            MemoryUnits units = new MemoryUnits();
            ImageStore store = ImageStore.open(Path.of(arguments[0]), ImageStoreTest.key(1));
            Random random = new Random(Long.parseLong(arguments[1]));
            int number = 0;
            System.out.println("ready");
            // An end, should nobody be left to kill it.
            while (number < MOST_IMAGES) {
                Image image = new Images(random, units).image(7, 2, 5, 1 << 20);
                Map<String, String> facts = Map.of("number", Integer.toString(number++));
                System.out.println(
                        ImageStoreTest.put(store, image, units, facts).id());
            }
        }
    }

    @Test
    void onlyCompleteImagesAreThere(@TempDir Path directory) throws Exception {
        Random random = new Random(42);
        List<String> reported = new ArrayList<>();
        for (int i = 0; i < KILLS; i++) {
            reported.addAll(runAndKill(directory, i, random.nextInt(4), random.nextInt(40)));
            ImageStore store = ImageStore.open(directory, ImageStoreTest.key(1));
            assertThat(store.list().refused()).isEmpty();
            List<String> found =
                    store.list().images().stream().map(StoredImage::id).toList();
            assertThat(found).containsAll(reported);
            try (Stream<Path> files = Files.list(directory)) {
                assertThat(files.count()).isEqualTo(found.size());
            }
            for (String id : found) {
                readAll(store, id);
            }
        }
        assertThat(reported).isNotEmpty();
    }

    /** Kills the child some time after it has reported some images, and gives what it reported. */
    private static List<String> runAndKill(Path directory, long seed, int images, int millis) throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        directory.toString(),
                        Long.toString(seed))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> reported = new ArrayList<>();
        try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
            assertThat(lines.readLine()).isEqualTo("ready");
            for (int i = 0; i < images; i++) {
                reported.add(lines.readLine());
            }
            // The moment is to be any: it decides how far the next image has come, not whether the test passes.
            child.waitFor(millis, TimeUnit.MILLISECONDS);
            // Other than the process itself, its handle leaves the output open.
            child.toHandle().destroyForcibly();
            lines.lines().filter(line -> line.length() == 64).forEach(reported::add);
            assertThat(child.waitFor()).isEqualTo(128 + 9);
        } finally {
            child.destroyForcibly();
        }
        return reported;
    }

    private static void readAll(ImageStore store, String id) throws IOException {
        try (OpenImage image = store.open(id)) {
            for (Region region : image.image().regions()) {
                if (region instanceof Region.Content content) {
                    for (Region.Unit unit : content.units()) {
                        ByteBuffer bytes = ByteBuffer.allocate(unit.length());
                        image.read(unit, bytes);
                        assertThat(MemoryUnits.sha256(bytes.array())).isEqualTo(unit.digest());
                    }
                }
            }
        }
    }
}
