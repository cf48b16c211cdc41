package dev.instar.sandbox;

import dev.instar.linux.MountFlags;
import dev.instar.linux.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The read-only base file system that every sandbox of a node shares: the machine's {@code /usr}, the world-readable
 * parts of {@code /etc} that programs look at, a few devices, and empty directories where a sandbox mounts what is its
 * own. The mounts exist only in the launcher's mount namespace and vanish with it.
 */
final class BaseRoot {
    /** How many layers a function may have. */
    static final int LAYERS = 16;

    private static final List<String> TOP_LINKS = List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32");
    private static final List<String> CONFIGURATION_FILES = List.of(
            "debian_version",
            "gai.conf",
            "host.conf",
            "ld.so.cache",
            "ld.so.conf",
            "locale.alias",
            "localtime",
            "magic",
            "magic.mime",
            "mime.types",
            "os-release",
            "protocols",
            "services",
            "ssl/openssl.cnf",
            "timezone");

    /**
     * Mounted rather than copied: they hold hundreds of links, which belong to the {@code /usr} that is mounted too.
     */
    private static final List<String> CONFIGURATION_DIRECTORIES = List.of(
            "alternatives", "fonts", "ld.so.conf.d", "python3", "python3.11", "python3.12", "python3.13", "ssl/certs");

    private static final List<String> MOUNT_POINTS = List.of(
            "usr", "proc", "dev", "tmp", "function", "layers", "instar", "run", "var/openfaas/secrets", "home", "etc");

    private final Path directory;

    private BaseRoot(Path directory) {
        this.directory = directory;
    }

    /**
     * Writes the skeleton; the mounts come with {@link #mount}.
     *
     * @param directory is created
     */
    static BaseRoot create(Path directory) throws IOException {
        var open = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(directory, open);
        for (String point : MOUNT_POINTS) {
            Files.createDirectories(directory.resolve(point), open);
        }
        for (int i = 0; i < LAYERS; i++) {
            Files.createDirectories(directory.resolve("layers").resolve(Integer.toString(i)), open);
        }
        Files.createSymbolicLink(directory.resolve("var/tmp"), Path.of("/tmp"));
        Files.createSymbolicLink(directory.resolve("home/app"), Path.of("/tmp"));
        // ES modules look for packages in every directory above their own and nowhere else.
        Files.createSymbolicLink(directory.resolve("node_modules"), Path.of("instar/node/modules"));
        for (String link : TOP_LINKS) {
            Path host = Path.of("/", link);
            if (Files.isSymbolicLink(host)) {
                Files.createSymbolicLink(directory.resolve(link), Files.readSymbolicLink(host));
            } else if (Files.isDirectory(host)) {
                Files.createDirectories(directory.resolve(link), open);
            }
        }
        Path etc = directory.resolve("etc");
        for (String name : CONFIGURATION_FILES) {
            copy(Path.of("/etc", name), etc.resolve(name));
        }
        for (String name : CONFIGURATION_DIRECTORIES) {
            makeRoom(Path.of("/etc", name), etc.resolve(name));
        }
        Files.writeString(etc.resolve("passwd"), """
                root:x:0:0:root:/:/usr/sbin/nologin
                app:x:1000:1000:function:/tmp:/bin/sh
                nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
                """);
        Files.writeString(etc.resolve("group"), "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n");
        Files.writeString(etc.resolve("hosts"), "127.0.0.1 localhost\n::1 localhost\n");
        Files.writeString(etc.resolve("nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n");
        Files.writeString(etc.resolve("resolv.conf"), "");
        return new BaseRoot(directory);
    }

    /** Where the base is, in the launcher's mount namespace. */
    Path directory() {
        return directory;
    }

    /**
     * Adds steps that put the mounts together.
     *
     * @param instarFiles appears as {@code /instar}
     */
    void mount(Steps steps, Path instarFiles) {
        String root = directory.toString();
        steps.mount(root, root, "", MountFlags.BIND, "");
        int readOnly = MountFlags.RDONLY | MountFlags.NOSUID | MountFlags.NODEV;
        steps.bind("/usr", root + "/usr", readOnly);
        for (String link : TOP_LINKS) {
            Path inside = directory.resolve(link);
            if (Files.isDirectory(inside, LinkOption.NOFOLLOW_LINKS)) {
                steps.bind("/" + link, inside.toString(), readOnly);
            }
        }
        for (String name : CONFIGURATION_DIRECTORIES) {
            Path inside = directory.resolve("etc").resolve(name);
            if (Files.isDirectory(inside, LinkOption.NOFOLLOW_LINKS)) {
                steps.bind("/etc/" + name, inside.toString(), readOnly | MountFlags.NOEXEC);
            }
        }
        steps.bind(instarFiles.toString(), root + "/instar", readOnly);
        String dev = root + "/dev";
        steps.mount("tmpfs", dev, "tmpfs", MountFlags.NOSUID | MountFlags.NOEXEC, "mode=0755,size=64k");
        steps.makeDevice(dev + "/null", 1, 3);
        steps.makeDevice(dev + "/zero", 1, 5);
        steps.makeDevice(dev + "/full", 1, 7);
        steps.makeDevice(dev + "/random", 1, 8);
        steps.makeDevice(dev + "/urandom", 1, 9);
        steps.symlink("/proc/self/fd", dev + "/fd");
        steps.symlink("/proc/self/fd/0", dev + "/stdin");
        steps.symlink("/proc/self/fd/1", dev + "/stdout");
        steps.symlink("/proc/self/fd/2", dev + "/stderr");
        steps.makeDirectory(dev + "/shm", 0755);
        steps.mount("", dev, "", MountFlags.REMOUNT | MountFlags.RDONLY | MountFlags.NOSUID | MountFlags.NOEXEC, "");
        steps.mount("", root, "", MountFlags.REMOUNT | MountFlags.BIND | readOnly, "");
    }

    /** Takes over a file of configuration, unless not everybody may read it. */
    private static void copy(Path from, Path to) throws IOException {
        if (!Files.exists(from, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.createDirectories(to.getParent());
        if (Files.isSymbolicLink(from)) {
            Files.createSymbolicLink(to, Files.readSymbolicLink(from));
        } else if (Files.isRegularFile(from) && openTo(from, PosixFilePermission.OTHERS_READ)) {
            Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    /** Makes a mount point for a directory of configuration. What not everybody may read in it stays unreadable. */
    private static void makeRoom(Path from, Path to) throws IOException {
        if (Files.isSymbolicLink(from)) {
            copy(from, to);
        } else if (Files.isDirectory(from) && openTo(from, PosixFilePermission.OTHERS_EXECUTE)) {
            Files.createDirectories(to);
        }
    }

    private static boolean openTo(Path file, PosixFilePermission permission) throws IOException {
        return Files.getPosixFilePermissions(file).contains(permission);
    }
}
