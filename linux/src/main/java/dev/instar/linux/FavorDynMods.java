package dev.instar.linux;

/**
 * Has the kernel favour dynamic modifications of control groups, {@code favordynmods} (Linux 6.0): a process joins a
 * group in microseconds, also after some quiet, where it else waits for an RCU grace period of 7 ms and more; forks and
 * exits of every process on the machine cost a little more in exchange. Thread-safe.
 *
 * <p>The option is said of a hierarchy, but the lock that it is about is one for all hierarchies of both versions. So
 * that no mount of the host's needs to change, which would put its other options at risk, which v1 refuses, and which
 * not every kernel can undo, this holds a hierarchy of its own: a v1 one without controllers, with that option, mounted
 * nowhere. It is there as long as anybody holds it, so that it ends with the process however that ends; all nodes of a
 * machine share it, and what an operator has set counts apart. Every process then shows it as a line of
 * {@code /proc/PID/cgroup}. Since Linux 6.18 the greater part of the effect outlasts it until the machine restarts.
 *
 * <p>See {@code cgroup_favor_dynmods()} in the kernel's {@code kernel/cgroup/cgroup.c}.
 */
public final class FavorDynMods implements AutoCloseable {
    /** The hierarchy's name, as {@code /proc/PID/cgroup} shows it. */
    public static final String HIERARCHY = "instar-favordynmods";

    private final Fd mount;

    private FavorDynMods(Fd mount) {
        this.mount = mount;
    }

    /**
     * Begins.
     *
     * @throws LinuxException EINVAL before Linux 6.0, or where the kernel was told to have no such hierarchies
     *     ({@code cgroup_no_v1=named}); EPERM in a control-group namespace or without CAP_SYS_ADMIN
     */
    public static FavorDynMods hold() {
        try (FileSystemContext context = FileSystemContext.open("cgroup")) {
            context.set("none");
            context.set("name", HIERARCHY);
            context.set("favordynmods");
            return new FavorDynMods(context.create(0));
        }
    }

    /** Ends, unless another process holds it too. */
    @Override
    public void close() {
        mount.close();
    }
}
