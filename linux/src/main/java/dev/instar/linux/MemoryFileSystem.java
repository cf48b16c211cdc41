package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A tmpfs of this process's own that is mounted nowhere: only who holds a descriptor of it reaches it (fsopen(2),
 * fsmount(2)). Once sealed, nothing in it can be written any more. It goes with the last descriptor and mapping of its
 * files.
 */
public final class MemoryFileSystem implements AutoCloseable {
    private static final String TYPE = "tmpfs";
    private static final int MOUNT_SETATTR = 442;
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
        try (FileSystemContext context = FileSystemContext.open(TYPE)) {
            context.set("size", Long.toString(size));
            context.set("nr_inodes", Integer.toString(inodes));
            context.set("mode", "0700");
            return new MemoryFileSystem(context.create(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
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
        try (FileSystemContext context = FileSystemContext.pick(TYPE, mount)) {
            context.set("huge", pages.option);
            context.reconfigure();
        }
    }

    /**
     * Makes everything in it read-only for good, twice over: the mount and the file system behind it.
     *
     * @throws LinuxException EBUSY if anybody has a file open for writing or mapped shared and writable: the kernel
     *     itself vouches that nobody has when this succeeds
     */
    public void seal() {
        try (FileSystemContext context = FileSystemContext.pick(TYPE, mount);
                Arena arena = Arena.ofConfined()) {
            context.set("ro");
            context.reconfigure();
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
}
