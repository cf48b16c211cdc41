package dev.instar.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.doctor.Finding.Level;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks at directory trees made to resemble machines. */
class ExaminationTest {
    @TempDir
    Path root;

    @BeforeEach
    void aCompleteMachine() throws IOException {
        write("proc/sys/kernel/osrelease", "6.1.0-13-amd64");
        for (String namespace : List.of("mnt", "pid", "net", "ipc", "uts", "cgroup", "user")) {
            write("proc/self/ns/" + namespace, "");
        }
        write("proc/sys/user/max_user_namespaces", "63000");
        write("proc/sys/kernel/seccomp/actions_avail", "kill_process kill_thread trap errno trace log allow");
        write("proc/filesystems", "nodev\tproc\nnodev\ttmpfs\n\text4\n");
        write("proc/thread-self/children", "");
        write("proc/self/timers", "");
        write("sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise [never] deny force");
        write("sys/module/bridge/refcnt", "0");
        write("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids");
        write("proc/self/status", "Name:\tjava\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n");
        write("proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n");
        for (String name : List.of("python3", "node", "npm", "gcc")) {
            program("usr/bin/" + name);
        }
        program("usr/sbin/ip");
        program("usr/sbin/nft");
    }

    @Test
    void aCompleteMachineHasNothingMissing() {
        List<Finding> findings = findings(4);
        assertThat(findings).filteredOn(finding -> finding.level() != Level.OK).isEmpty();
        assertThat(Examination.canRun(findings)).isTrue();
    }

    @Test
    void anOldKernelCannotRunANode() throws IOException {
        write("proc/sys/kernel/osrelease", "5.10.0-30-amd64");
        assertMissing("kernel", Level.MISSING);
    }

    @Test
    void templatesNeedAKernelThatKnowsOfCheckpoints() throws IOException {
        Files.delete(root.resolve("proc/self/timers"));
        assertMissing("templates", Level.WARNING);
    }

    @Test
    void templatesAreBetterOffWithHugePages() throws IOException {
        write("sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise never [deny] force");
        assertMissing("huge pages", Level.WARNING);
    }

    @Test
    void eachKindOfNamespaceIsNeeded() throws IOException {
        Files.delete(root.resolve("proc/self/ns/user"));
        assertMissing("namespaces", Level.MISSING);
    }

    @Test
    void userNamespacesMayBeTurnedOff() throws IOException {
        write("proc/sys/user/max_user_namespaces", "0");
        assertMissing("user namespaces", Level.MISSING);
    }

    @Test
    void aFilterIsNeeded() throws IOException {
        Files.delete(root.resolve("proc/sys/kernel/seccomp/actions_avail"));
        assertMissing("system-call filter", Level.MISSING);
    }

    @Test
    void landlockIsOneLayerOfSeveral() {
        assertThat(findings(0))
                .filteredOn(finding -> finding.level() != Level.OK)
                .singleElement()
                .matches(finding -> finding.name().equals("landlock") && finding.level() == Level.WARNING);
    }

    @Test
    void controllersAreNeededOnEitherVersion() throws IOException {
        write("sys/fs/cgroup/cgroup.controllers", "cpu pids");
        assertMissing("control groups", Level.MISSING);
        Files.delete(root.resolve("sys/fs/cgroup/cgroup.controllers"));
        for (String controller : List.of("memory", "pids", "cpu")) {
            write("sys/fs/cgroup/" + controller + "/tasks", "");
        }
        assertMissing("control groups", Level.WARNING);
    }

    @Test
    void groupsOfVersion1AreQuickToJoinWhereAnyHierarchyIsMeantToBe() throws IOException {
        Files.delete(root.resolve("sys/fs/cgroup/cgroup.controllers"));
        String hierarchies = """
                30 25 0:26 / /sys/fs/cgroup/memory rw shared:1 - cgroup none rw,memory
                31 25 0:27 / /sys/fs/cgroup/pids rw shared:2 - cgroup none rw,pids
                32 25 0:28 / /sys/fs/cgroup/unified rw shared:3 - cgroup2 none rw,nsdelegate
                """;
        write("proc/self/mountinfo", hierarchies);
        write("proc/self/cgroup", "2:memory:/\n1:pids:/\n0::/\n");
        Finding off = named(findings(4), "favordynmods");
        assertThat(off.level()).isEqualTo(Level.WARNING);
        assertThat(off.detail()).isEqualTo("memory off, pids off, version 2 off");
        assertThat(off.remedy()).contains("favordynmods: true");

        write("proc/self/mountinfo", hierarchies.replace("nsdelegate", "nsdelegate,favordynmods"));
        Finding mounted = named(findings(4), "favordynmods");
        assertThat(mounted.level()).isEqualTo(Level.OK);
        assertThat(mounted.detail()).isEqualTo("memory off, pids off, version 2 on");

        write("proc/self/mountinfo", hierarchies);
        write("proc/self/cgroup", "3:name=instar-favordynmods:/\n2:memory:/\n1:pids:/\n0::/\n");
        Finding byNode = named(findings(4), "favordynmods");
        assertThat(byNode.level()).isEqualTo(Level.OK);
        assertThat(byNode.detail()).endsWith("; on by a node's setting");
    }

    @Test
    void programsOfFunctionsAreOptional() throws IOException {
        Files.delete(root.resolve("usr/bin/node"));
        Finding finding = assertMissing("node", Level.WARNING);
        assertThat(finding.remedy()).isEqualTo("apt-get install --no-install-recommends nodejs");
    }

    @Test
    void aNodeNeedsRoot() throws IOException {
        write("proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n");
        assertThat(assertMissing("permissions", Level.MISSING).detail()).isEqualTo("not root");
        write("proc/self/status", "Uid:\t0\t0\t0\t0\nCapEff:\t00000000a80425fb\n");
        assertThat(assertMissing("permissions", Level.MISSING).detail()).contains("CAP_SYS_ADMIN");
    }

    @Test
    void aPortInUseIsSaidSo() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<Finding> findings =
                    new Examination(new Machine(root, 4), root, "127.0.0.1", taken.getLocalPort()).findings();
            assertThat(named(findings, "port").level()).isEqualTo(Level.WARNING);
        }
    }

    @Test
    void thisMachineIsLookedAtWithoutFailing() {
        List<Finding> findings =
                new Examination(Machine.local(), Path.of("/nowhere/at/all"), "127.0.0.1", 0).findings();
        assertThat(named(findings, "namespaces").level()).isEqualTo(Level.OK);
        assertThat(named(findings, "disk").detail()).endsWith("free at /");
    }

    private Finding assertMissing(String name, Level level) {
        List<Finding> findings = findings(4);
        Finding finding = named(findings, name);
        assertThat(finding.level()).isEqualTo(level);
        assertThat(finding.cost()).isNotEmpty();
        assertThat(finding.remedy()).isNotEmpty();
        assertThat(Examination.canRun(findings)).isEqualTo(level != Level.MISSING);
        return finding;
    }

    private List<Finding> findings(int landlock) {
        return new Examination(new Machine(root, landlock), root.resolve("data"), "127.0.0.1", 0).findings();
    }

    private static Finding named(List<Finding> findings, String name) {
        return findings.stream()
                .filter(finding -> finding.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void program(String path) throws IOException {
        write(path, "#!/bin/sh\necho version 1\n");
        assertThat(root.resolve(path).toFile().setExecutable(true)).isTrue();
    }
}
