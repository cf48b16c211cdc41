package dev.instar.template.capture;

import dev.instar.linux.FileStatus;
import dev.instar.linux.OpenDescriptor;
import dev.instar.template.image.Descriptor.OpenFile;
import java.io.IOException;
import java.util.Set;
import java.util.regex.Pattern;

/** Takes descriptors that can be opened again by a path: files, directories, and devices that have no state. */
final class OpenFileCapture {
    private static final int O_PATH = 010000000;
    private static final int ACCESS = 3;
    private static final int WRITE_ONLY = 1;

    /** null, zero, full, random and urandom, as {@code st_rdev} has them. */
    private static final Set<Long> STATELESS_DEVICES = Set.of(0x103L, 0x105L, 0x107L, 0x108L, 0x109L);

    private static final Pattern OF_A_PROCESS = Pattern.compile("/proc/\\d+(/.*)?");
    private static final Pattern OF_THE_KERNEL = Pattern.compile("/(proc|sys)(/.*)?");

    private final SandboxFiles files;

    OpenFileCapture(SandboxFiles files) {
        this.files = files;
    }

    /** Takes one. */
    OpenFile capture(OpenDescriptor one) throws IOException {
        String link = "fd/" + one.number();
        String path = files.path("descriptor " + one.number(), link, one.target());
        FileStatus file = files.status(link);
        boolean known = file.regular()
                || file.directory()
                || (file.characterDevice() && STATELESS_DEVICES.contains(file.deviceNumber()));
        if (!known) {
            throw DescriptorCapture.refused(one, "a device, terminal or named pipe, " + path);
        }
        if (OF_A_PROCESS.matcher(path).matches()) {
            throw DescriptorCapture.refused(one, "a file about a process, " + path);
        }
        boolean read = (one.flags() & ACCESS) != WRITE_ONLY && (one.flags() & O_PATH) == 0;
        if (file.regular() && read && !OF_THE_KERNEL.matcher(path).matches()) {
            files.dependOn(path, link);
        }
        return new OpenFile(
                one.number(), one.closeOnExec(), path, one.flags() & ~OpenDescriptor.O_CLOEXEC, one.position());
    }
}
