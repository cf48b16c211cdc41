package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongUnaryOperator;

/**
 * A tmpfs of this process's own that is mounted nowhere: only who holds a descriptor of it reaches it (fsopen(2),
 * fsmount(2)). Once sealed, nothing in it can be written any more. It goes with the last descriptor and mapping of its
 * files.
 */
public final class MemoryFileSystem implements AutoCloseable {
    private static final int FSOPEN = 430;
    private static final int FSCONFIG = 431;
    private static final int FSMOUNT = 432;
    private static final int FSPICK = 433;
    private static final int MOUNT_SETATTR = 442;
    private static final int CLOEXEC = 1;
    private static final int FSPICK_EMPTY_PATH = 8;
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int FSCONFIG_CMD_RECONFIGURE = 7;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int MOUNT_ATTR_RDONLY = 1;
    private static final int MOUNT_ATTR_NOSUID = 2;
    private static final int MOUNT_ATTR_NODEV = 4;
    private static final int MOUNT_ATTR_SIZE = 32;
    private static final Path SHMEM_ENABLED = Path.of("/sys/kernel/mm/transparent_hugepage/shmem_enabled");

    private final Fd mount;

    private MemoryFileSystem(Fd mount) {
        this.mount = mount;
    }

    /** Which pages memory is allocated in from then on (tmpfs(5), {@code huge}). */
    public enum Pages {
        /** 4 KiB. */
        SMALL("never"),
        /** 2 MiB, also where only a part of one is written; 4 KiB where the kernel finds no 2 MiB in one piece. */
        HUGE("always");

        private final String option;

        Pages(String option) {
            this.option = option;
        }
    }

    /** Whether the kernel gives a tmpfs huge pages at all: it may be built without, or told to deny them. */
    public static boolean hugePagesAllowed() {
        try {
            return Files.exists(SHMEM_ENABLED)
                    && !Files.readString(SHMEM_ENABLED).contains("[deny]");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes an empty file system; some 50 µs. Files in it can be executed from mappings, but set no user id and open no
     * devices.
     *
     * @param size most bytes that its files may occupy
     * @param inodes most files, the root directory included
     */
    public static MemoryFileSystem create(long size, int inodes) {
        try (Fd context =
                new Fd((int) withString("tmpfs", name -> Kernel.check("fsopen(\"tmpfs\")", FSOPEN, name, CLOEXEC)))) {
            set(context, "size", Long.toString(size));
            set(context, "nr_inodes", Integer.toString(inodes));
            set(context, "mode", "0700");
            Kernel.check("fsconfig(tmpfs, FSCONFIG_CMD_CREATE)", FSCONFIG, context.number(), FSCONFIG_CMD_CREATE);
            return new MemoryFileSystem(new Fd((int) Kernel.check(
                    "fsmount(tmpfs)", FSMOUNT, context.number(), CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)));
        }
    }

    /** Its root directory; valid until {@link #close}. */
    public Fd root() {
        return mount;
    }

    /**
     * Sets which pages writes allocate.
     *
     * @throws LinuxException EINVAL if the kernel was built without huge pages
     */
    public void allocate(Pages pages) {
        try (Fd context = pick()) {
            set(context, "huge", pages.option);
            reconfigure(context, "huge=" + pages.option);
        }
    }

    /**
     * Makes everything in it read-only for good, twice over: the mount and the file system behind it.
     *
     * @throws LinuxException EBUSY if anybody has a file open for writing or mapped shared and writable: the kernel
     *     itself vouches that nobody has when this succeeds
     */
    public void seal() {
        try (Fd context = pick();
                Arena arena = Arena.ofConfined()) {
            Kernel.check(
                    "fsconfig(tmpfs, ro)",
                    FSCONFIG,
                    context.number(),
                    FSCONFIG_SET_FLAG,
                    arena.allocateFrom("ro").address(),
                    0,
                    0);
            reconfigure(context, "ro");
            MemorySegment attributes = arena.allocate(MOUNT_ATTR_SIZE, 8);
            attributes.set(JAVA_LONG, 0, MOUNT_ATTR_RDONLY);
            Kernel.check(
                    "mount_setattr(tmpfs, MOUNT_ATTR_RDONLY)",
                    MOUNT_SETATTR,
                    mount.number(),
                    arena.allocateFrom("").address(),
                    AT_EMPTY_PATH,
                    attributes.address(),
                    MOUNT_ATTR_SIZE);
        }
    }

    /** Lets go of the mount; files that are open or mapped stay until they are not. */
    @Override
    public void close() {
        mount.close();
    }

    private Fd pick() {
        return new Fd((int) withString(
                "", path -> Kernel.check("fspick(tmpfs)", FSPICK, mount.number(), path, CLOEXEC | FSPICK_EMPTY_PATH)));
    }

    private static void reconfigure(Fd context, String what) {
        Kernel.check(
                "fsconfig(tmpfs, FSCONFIG_CMD_RECONFIGURE, " + what + ")",
                FSCONFIG,
                context.number(),
                FSCONFIG_CMD_RECONFIGURE);
    }

    private static void set(Fd context, String option, String value) {
        try (Arena arena = Arena.ofConfined()) {
            Kernel.check(
                    "fsconfig(tmpfs, " + option + "=" + value + ")",
                    FSCONFIG,
                    context.number(),
                    FSCONFIG_SET_STRING,
                    arena.allocateFrom(option).address(),
                    arena.allocateFrom(value).address());
        }
    }

    private static long withString(String text, LongUnaryOperator call) {
        try (Arena arena = Arena.ofConfined()) {
            return call.applyAsLong(arena.allocateFrom(text).address());
        }
    }
}
