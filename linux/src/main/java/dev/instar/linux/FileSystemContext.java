package dev.instar.linux;

import java.lang.foreign.Arena;
import java.util.function.LongUnaryOperator;

/**
 * A file system that is being made or changed, option by option (fsopen(2), fspick(2), fsconfig(2)). Used by one
 * thread; every method throws {@link LinuxException} if the kernel refuses.
 */
final class FileSystemContext implements AutoCloseable {
    private static final int FSOPEN = 430;
    private static final int FSCONFIG = 431;
    private static final int FSMOUNT = 432;
    private static final int FSPICK = 433;
    private static final int CLOEXEC = 1;
    private static final int FSPICK_EMPTY_PATH = 8;
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int FSCONFIG_CMD_RECONFIGURE = 7;

    private final String type;
    private final Fd context;

    private FileSystemContext(String type, Fd context) {
        this.type = type;
        this.context = context;
    }

    /** Begins to make one. */
    static FileSystemContext open(String type) {
        long number = withString(type, name -> Kernel.check("fsopen(" + type + ")", FSOPEN, name, CLOEXEC));
        return new FileSystemContext(type, new Fd((int) number));
    }

    /** Begins to change the one that is mounted. */
    static FileSystemContext pick(String type, Fd mount) {
        long number = withString(
                "",
                path -> Kernel.check(
                        "fspick(" + type + ")", FSPICK, mount.number(), path, CLOEXEC | FSPICK_EMPTY_PATH));
        return new FileSystemContext(type, new Fd((int) number));
    }

    void set(String option, String value) {
        try (Arena arena = Arena.ofConfined()) {
            Kernel.check(
                    "fsconfig(" + type + ", " + option + "=" + value + ")",
                    FSCONFIG,
                    context.number(),
                    FSCONFIG_SET_STRING,
                    arena.allocateFrom(option).address(),
                    arena.allocateFrom(value).address(),
                    0);
        }
    }

    void set(String flag) {
        withString(
                flag,
                name -> Kernel.check(
                        "fsconfig(" + type + ", " + flag + ")",
                        FSCONFIG,
                        context.number(),
                        FSCONFIG_SET_FLAG,
                        name,
                        0,
                        0));
    }

    /** Makes it, and mounts it nowhere: it is there as long as the result, or what is opened below it. */
    Fd create(int mountAttributes) {
        command("FSCONFIG_CMD_CREATE", FSCONFIG_CMD_CREATE);
        return new Fd((int) Kernel.check("fsmount(" + type + ")", FSMOUNT, context.number(), CLOEXEC, mountAttributes));
    }

    /** Puts the options into force that have been set. */
    void reconfigure() {
        command("FSCONFIG_CMD_RECONFIGURE", FSCONFIG_CMD_RECONFIGURE);
    }

    private void command(String name, int number) {
        Kernel.check("fsconfig(" + type + ", " + name + ")", FSCONFIG, context.number(), number, 0, 0, 0);
    }

    private static long withString(String text, LongUnaryOperator call) {
        try (Arena arena = Arena.ofConfined()) {
            return call.applyAsLong(arena.allocateFrom(text).address());
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
