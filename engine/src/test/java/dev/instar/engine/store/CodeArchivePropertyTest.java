package dev.instar.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.deploy.SourceArchive;
import dev.instar.engine.deploy.TreeLimits;
import dev.instar.engine.store.HostileArchive.Entry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class CodeArchivePropertyTest {
    private static final TreeLimits LIMITS = new TreeLimits(100, 1 << 20, 1 << 20, 200);

    @Property(tries = 400)
    void nothingIsEverWrittenOutsideTheTarget(@ForAll("hostile") List<Entry> entries, @ForAll boolean zip)
            throws IOException {
        Path base = Files.createTempDirectory("archive");
        try {
            Path outside = Files.createDirectory(base.resolve("outside"));
            Files.writeString(outside.resolve("kept"), "kept");
            Path target = Files.createDirectory(base.resolve("target"));
            Path archive = write(base, zip ? HostileArchive.zip(entries) : HostileArchive.tarGz(entries));
            try {
                CodeArchive.Tree tree = CodeArchive.unpack(format(zip), archive, target, LIMITS);
                assertThat(TreeDigest.of(target)).isEqualTo(tree.digest());
                assertLinksStayInside(target);
            } catch (InvalidRequestException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
            assertThat(names(base)).containsExactlyInAnyOrder("archive", "outside", "target");
            assertThat(names(outside)).containsExactly("kept");
            assertThat(outside.resolve("kept")).hasContent("kept");
        } finally {
            DurableFiles.deleteTree(base);
        }
    }

    @Property(tries = 100)
    void changedArchivesAreReadOrRefusedButNeverBreakTheReader(
            @ForAll("hostile") List<Entry> entries, @ForAll boolean zip, @ForAll Random random) throws IOException {
        Path base = Files.createTempDirectory("archive");
        try {
            byte[] bytes = zip ? HostileArchive.zip(entries) : HostileArchive.tarGz(entries);
            for (int i = 0; i < 4 && bytes.length > 0; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Path target = Files.createDirectory(base.resolve("target"));
            try {
                CodeArchive.Tree tree = CodeArchive.unpack(format(zip), write(base, bytes), target, LIMITS);
                assertThat(TreeDigest.of(target)).isEqualTo(tree.digest());
            } catch (InvalidRequestException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        } finally {
            DurableFiles.deleteTree(base);
        }
    }

    @Property(tries = 60)
    void theDigestDependsOnContentAloneAndSurvivesPacking(@ForAll("files") Map<String, String> files, @ForAll long seed)
            throws IOException {
        Path base = Files.createTempDirectory("archive");
        try {
            List<Entry> entries = new ArrayList<>();
            files.forEach((name, content) -> entries.add(Entry.file(name, content)));
            List<Entry> shuffled = new ArrayList<>();
            files.forEach((name, content) ->
                    shuffled.add(new Entry((byte) '0', "./" + name, 0100600, content, seed & 0xffffff)));
            Collections.shuffle(shuffled, new Random(seed));
            Path first = Files.createDirectory(base.resolve("first"));
            String digest = CodeArchive.unpack(Format.TAR_GZ, write(base, HostileArchive.tarGz(entries)), first, LIMITS)
                    .digest();
            Path second = Files.createDirectory(base.resolve("second"));
            assertThat(CodeArchive.unpack(Format.ZIP, write(base, HostileArchive.zip(shuffled)), second, LIMITS)
                            .digest())
                    .isEqualTo(digest);
            Path packed = base.resolve("packed");
            try (OutputStream out = Files.newOutputStream(packed)) {
                SourceArchive.packAll(first, out);
            }
            Path third = Files.createDirectory(base.resolve("third"));
            assertThat(CodeArchive.unpack(Format.TAR_GZ, packed, third, LIMITS).digest())
                    .isEqualTo(digest);
            Files.writeString(third.resolve(files.keySet().iterator().next()), "changed!");
            assertThat(TreeDigest.of(third)).isNotEqualTo(digest);
        } finally {
            DurableFiles.deleteTree(base);
        }
    }

    @Provide
    Arbitrary<List<Entry>> hostile() {
        Arbitrary<String> part = Arbitraries.of("a", "b", "c", ".", "..", "", "outside", "kept", "ü", "\uFFFD", "x\0y");
        Arbitrary<String> path = part.list().ofMinSize(1).ofMaxSize(5).map(parts -> String.join("/", parts));
        Arbitrary<String> name = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.of("a", "b", "c", "a/b", "a/c", "b/a", "b/c/a")), Tuple.of(2, path));
        Arbitrary<String> target = Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.of("a", "../a", "..", ".", "../../outside/kept", "b/..", "b/../..")),
                Tuple.of(1, path));
        Arbitrary<Entry> entry = Combinators.combine(
                        Arbitraries.of('0', '0', '0', '2', '2', '1', '5', '3', '6'), name, target)
                .as((type, path1, content) ->
                        new Entry((byte) (char) type, type == '5' ? path1 + "/" : path1, mode(type), content, 0));
        return entry.list().ofMinSize(1).ofMaxSize(8);
    }

    @Provide
    Arbitrary<Map<String, String>> files() {
        Arbitrary<String> name = Arbitraries.of("a", "b", "c", "ü", " ", "漢", "😀", "-", "_", "aaaaaaaaaaaaaaaaaaaa")
                .list()
                .ofMaxSize(12)
                .map(parts -> String.join("", parts));
        Arbitrary<String> directory = Arbitraries.of("", "lib/", "lib/deep/", "other/");
        return Combinators.combine(directory, name)
                .as((d, n) -> d + "f" + n.strip())
                .flatMap(path -> Arbitraries.strings().ofMaxLength(50).map(content -> Map.entry(path, content)))
                .list()
                .ofMinSize(1)
                .ofMaxSize(12)
                .map(list -> {
                    Map<String, String> files = new LinkedHashMap<>();
                    list.forEach(e -> files.put(e.getKey(), e.getValue()));
                    return files;
                });
    }

    private static int mode(char type) {
        return switch (type) {
            case '2' -> 0120777;
            case '5' -> 040755;
            case '3', '6' -> 0010644;
            default -> 0100644;
        };
    }

    private static Format format(boolean zip) {
        return zip ? Format.ZIP : Format.TAR_GZ;
    }

    private static Path write(Path base, byte[] archive) throws IOException {
        return Files.write(base.resolve("archive"), archive);
    }

    private static void assertLinksStayInside(Path target) throws IOException {
        try (Stream<Path> walk = Files.walk(target)) {
            for (Path link :
                    walk.filter(Files::isSymbolicLink).filter(Files::exists).toList()) {
                assertThat(link.toRealPath()).startsWith(target.toRealPath());
            }
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
