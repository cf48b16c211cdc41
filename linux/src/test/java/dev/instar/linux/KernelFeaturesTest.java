package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelFeaturesTest {
    @TempDir
    private Path root;

    private static Feature named(String name, List<Feature> features) {
        return features.stream()
                .filter(feature -> feature.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void thisHostHasWhatSandboxesNeed() {
        List<Feature> features = new KernelFeatures().probe();
        for (String name : List.of(
                "kernel",
                "privileges",
                "cgroups",
                "namespaces",
                "user-namespaces",
                "seccomp",
                "command-ip",
                "command-nft",
                "veth",
                "bridge",
                "nf-tables-nat",
                "max-map-count")) {
            Feature feature = named(name, features);
            assertThat(feature.present()).as(feature.toString()).isTrue();
        }
        assertThat(features).allSatisfy(feature -> {
            assertThat(feature.detail()).isNotBlank();
            assertThat(feature.costOfMissing()).isNotBlank();
            assertThat(feature.remedy()).isNotBlank();
        });
    }

    @Test
    void aBareHostHasNothingAndSaysSo() throws IOException {
        assertThat(new KernelFeatures(root).probeFiles()).noneMatch(Feature::present);
        List<Feature> found = new KernelFeatures(root).probeFiles();
        assertThat(named("cgroups", found).detail()).contains("missing: cpu, memory, pids");
        assertThat(named("pid-max", found).detail()).contains("/proc/sys/kernel/pid_max cannot be read");
    }

    @Test
    void settingsAreCompared() throws IOException {
        write("proc/sys/kernel/osrelease", "5.10.0-28-amd64\n");
        write("proc/sys/kernel/pid_max", "4194304\n");
        write("proc/sys/vm/max_map_count", "1000\n");
        write("proc/sys/user/max_user_namespaces", "0\n");
        write("sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size [advise] never deny force\n");
        write(
                "proc/self/limits",
                "Limit   Soft Hard Units\nMax open files            1024                 524288      files\n");
        write(
                "proc/self/mountinfo",
                "25 30 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate,favordynmods\n");
        List<Feature> found = new KernelFeatures(root).probeFiles();
        assertThat(named("kernel", found).present()).isFalse();
        assertThat(named("kernel", found).detail()).isEqualTo("Linux 5.10.0-28-amd64");
        assertThat(named("pid-max", found).present()).isTrue();
        assertThat(named("max-map-count", found).present()).isFalse();
        assertThat(named("user-namespaces", found).present()).isFalse();
        assertThat(named("shmem-huge-pages", found).present()).isTrue();
        assertThat(named("open-files", found).present()).isTrue();
        assertThat(named("cgroup-favordynmods", found).present()).isTrue();

        write("proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
        write("sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise [never] deny force\n");
        found = new KernelFeatures(root).probeFiles();
        assertThat(named("kernel", found).present()).isTrue();
        assertThat(named("shmem-huge-pages", found).present()).isFalse();
    }

    @Test
    void commandsReportStatusOutputAndTime() throws IOException {
        assertThat(HostCommand.run(List.of("/bin/sh", "-c", "cat; echo no >&2; exit 3"), "in", Duration.ofSeconds(10)))
                .isEqualTo(new HostCommand.Outcome(3, "inno\n"));
        assertThat(HostCommand.run(List.of("/bin/true"), "x".repeat(1 << 20), Duration.ofSeconds(10))
                        .status())
                .isZero();
        assertThatThrownBy(() -> HostCommand.run(List.of("/bin/sleep", "30"), "", Duration.ofMillis(50)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("did not end within 50 ms");
        assertThat(HostCommand.find("sh")).isPresent();
        assertThat(HostCommand.find("no-such-program")).isEmpty();
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }
}
