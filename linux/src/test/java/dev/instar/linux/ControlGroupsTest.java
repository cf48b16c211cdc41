package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding the hierarchy on hosts of other kinds, from their files. */
class ControlGroupsTest {
    @TempDir
    private Path root;

    @Test
    void debianHasTheUnifiedHierarchyOnly() throws IOException {
        unified(root, "cpu io memory pids");
        Path session = unified(root.resolve("user.slice/user-0.slice/session-3.scope"), "memory pids");
        Files.writeString(session.resolve("cgroup.procs"), "1\n" + self() + "\n");
        ControlGroups groups = ControlGroups.detect(
                mount("/", root, "cgroup2", "rw,nsdelegate"), "0::/user.slice/user-0.slice/session-3.scope\n");
        assertThat(groups.version()).isEqualTo(2);
        assertThat(groups.controllers()).containsExactlyInAnyOrder("cpu", "memory", "pids");
        assertThat(groups).isEqualTo(new ControlGroupsV2(root, root));
    }

    @Test
    void aUnitOfItsOwnIsDivided() throws IOException {
        unified(root, "cpu io memory pids");
        Path unit = unified(root.resolve("system.slice/instar.service"), "cpu memory pids");
        Files.writeString(unit.resolve("cgroup.procs"), self() + "\n");
        String mountinfo = mount("/", root, "cgroup2", "rw");
        assertThat(ControlGroups.detect(mountinfo, "0::/system.slice/instar.service\n"))
                .isEqualTo(new ControlGroupsV2(root, unit));
        Files.createDirectories(unit.resolve("instar-host"));
        assertThat(ControlGroups.detect(mountinfo, "0::/system.slice/instar.service/instar-host\n"))
                .isEqualTo(new ControlGroupsV2(root, unit));
    }

    @Test
    void aHybridHostRunsItsControllersUnderV1() throws IOException {
        Path unified = unified(root.resolve("unified"), "hugetlb");
        Path memory = Files.createDirectories(root.resolve("memory/session/7"));
        Path cpu = Files.createDirectories(root.resolve("cpu,cpuacct"));
        String mountinfo = mount("/", unified, "cgroup2", "rw")
                + mount("/", root.resolve("memory"), "cgroup", "rw,memory")
                + mount("/", cpu, "cgroup", "rw,cpu,cpuacct")
                + mount("/", root.resolve("systemd"), "cgroup", "rw,xattr,name=systemd");
        ControlGroups groups =
                ControlGroups.detect(mountinfo, "4:memory:/session/7\n3:cpu,cpuacct:/\n1:name=systemd:/a\n0::/\n");
        assertThat(groups.version()).isEqualTo(1);
        assertThat(groups.controllers()).containsExactlyInAnyOrder("cpu", "cpuacct", "memory");

        ControlGroup node = groups.create("instar-n1");
        assertThat(node.joinFiles())
                .containsExactlyInAnyOrder(
                        memory.resolve("instar-n1/cgroup.procs"), cpu.resolve("instar-n1/cgroup.procs"));
        assertThatThrownBy(() -> node.setPidsLimit(3))
                .isInstanceOf(ControlGroupException.class)
                .hasMessageContaining("no pids controller");
        assertThat(groups.findAll("instar-n1")).hasSize(2);
    }

    @Test
    void groupsOfAnEarlierRunAreFoundFromAnotherPlace() throws IOException {
        Path memory = root.resolve("memory");
        Path pids = root.resolve("pids");
        String mountinfo = mount("/", memory, "cgroup", "rw,memory") + mount("/", pids, "cgroup", "rw,pids");
        Files.createDirectories(memory.resolve("session/7"));
        Files.createDirectories(pids.resolve("session/8"));
        ControlGroups.detect(mountinfo, "4:memory:/session/7\n3:pids:/session/8\n")
                .create("instar-n1");

        List<ControlGroup> found = ControlGroups.detect(mountinfo, "4:memory:/elsewhere\n3:pids:/\n")
                .findAll("instar-n1");

        assertThat(found.stream().flatMap(group -> group.joinFiles().stream()))
                .containsExactlyInAnyOrder(
                        memory.resolve("session/7/instar-n1/cgroup.procs"),
                        pids.resolve("session/8/instar-n1/cgroup.procs"));
    }

    @Test
    void aContainerSeesAPartOfTheHierarchy() throws IOException {
        String mountinfo = mount("/docker/abc", root, "cgroup", "rw,memory");
        Files.createDirectories(root.resolve("inner"));
        assertThat(ControlGroups.detect(mountinfo, "4:memory:/docker/abc/inner\n")
                        .create("n")
                        .joinFiles())
                .isEqualTo(List.of(root.resolve("inner/n/cgroup.procs")));
        assertThat(ControlGroups.detect(mountinfo, "4:memory:/\n").create("m").joinFiles())
                .isEqualTo(List.of(root.resolve("m/cgroup.procs")));
    }

    @Test
    void saysWhatToDoWhereNothingIsMounted() {
        assertThatThrownBy(() -> ControlGroups.detect("", ""))
                .isInstanceOf(ControlGroupException.class)
                .hasMessageContaining("mount -t cgroup2");
    }

    private static Path unified(Path directory, String controllers) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("cgroup.controllers"), controllers + "\n");
        Files.writeString(directory.resolve("cgroup.procs"), "1\n");
        Files.writeString(directory.resolve("cgroup.type"), "domain\n");
        return directory;
    }

    private static long self() {
        return ProcessHandle.current().pid();
    }

    private static String mount(String shown, Path at, String type, String options) {
        return "32 31 0:29 " + shown + " " + at + " rw,relatime shared:9 - " + type + " none " + options + "\n";
    }
}
