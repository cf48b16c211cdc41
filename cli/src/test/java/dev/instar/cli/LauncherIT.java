package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the shell script that starts the command, laid out as it is installed. */
class LauncherIT {
    @TempDir
    Path home;

    @BeforeEach
    void install() throws IOException {
        Path script = home.resolve("instar");
        Files.copy(Path.of(System.getProperty("instar.repository"), "instar"), script);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Files.createSymbolicLink(home.resolve("lib"), Path.of(System.getProperty("instar.libraries")));
    }

    @Test
    void theFirstStartMakesACacheThatLaterOnesUse() throws Exception {
        assertThat(run(Map.of(), "version").out()).startsWith("instar ");
        List<Path> caches = caches();
        assertThat(caches).singleElement().matches(cache -> cache.toFile().length() > 1_000_000);
        Result second = run(Map.of("INSTAR_JAVA_OPTIONS", "-Xlog:class+load:stdout"), "version");
        assertThat(second.out()).contains("dev.instar.cli.CommandTree source: shared objects file");
        assertThat(second.err()).doesNotContain("preparing");
        assertThat(caches()).isEqualTo(caches);
    }

    @Test
    void aBrokenCacheNeverBreaksACommand() throws Exception {
        run(Map.of(), "version");
        Path cache = caches().getFirst();
        Files.write(cache, new byte[4096]);
        Result broken = run(Map.of(), "version", "--json");
        assertThat(broken.status()).isZero();
        assertThat(broken.err()).isEmpty();
        assertThat(Json.parse(broken.out()).path("version").asString()).isNotEmpty();
        byte[] truncated = new byte[100];
        Files.write(cache, truncated);
        assertThat(run(Map.of(), "version").status()).isZero();
    }

    @Test
    void statusesAndOutputPassThrough() throws Exception {
        Map<String, String> quick = Map.of("INSTAR_NO_AOT", "1");
        Result unreachable = run(quick, "list", "--gateway", "http://127.0.0.1:1");
        assertThat(unreachable.status()).isEqualTo(ExitStatus.NO_ACCESS);
        assertThat(unreachable.out()).isEmpty();
        assertThat(unreachable.err()).contains("instar up");
        assertThat(run(quick, "list", "--what").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(caches()).isEmpty();
    }

    @Test
    void aJavaThatIsTooOldIsPassedOver() throws Exception {
        Path old = home.resolve("old-jdk");
        Files.createDirectories(old.resolve("bin"));
        Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.9\"\n");
        Files.writeString(old.resolve("bin/java"), "#!/bin/sh\necho too old\n");
        assertThat(old.resolve("bin/java").toFile().setExecutable(true)).isTrue();
        Path path = Files.createSymbolicLink(home.resolve("jdk"), Path.of(System.getProperty("java.home")));
        Result result = run(
                Map.of(
                        "INSTAR_NO_AOT",
                        "1",
                        "JAVA_HOME",
                        old.toString(),
                        "PATH",
                        path.resolve("bin") + ":" + System.getenv("PATH")),
                "version");
        assertThat(result.out()).startsWith("instar ");
    }

    private List<Path> caches() throws IOException {
        Path directory = home.resolve("aot");
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".aot")).toList();
        }
    }

    private Result run(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(home.resolve("instar").toString()));
        command.addAll(List.of(arguments));
        Path err = home.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().put("HOME", home.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), out, Files.readString(err));
    }

    private record Result(int status, String out, String err) {}
}
