package dev.instar.linux;

/** Flags of mount(2). */
public final class MountFlags {
    public static final int RDONLY = 1;
    public static final int NOSUID = 2;
    public static final int NODEV = 4;
    public static final int NOEXEC = 8;
    public static final int REMOUNT = 32;
    public static final int BIND = 4096;
    public static final int REC = 16384;
    public static final int PRIVATE = 1 << 18;
    public static final int SLAVE = 1 << 19;

    private MountFlags() {}
}
