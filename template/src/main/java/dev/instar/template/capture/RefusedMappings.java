package dev.instar.template.capture;

import dev.instar.linux.MemoryMapping;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Refuses mappings that a clone cannot have. */
final class RefusedMappings {
    private static final String UNMAP = "unmap it in a before-checkpoint hook";

    /** By the letters of {@code VmFlags}. */
    private static final Map<String, String> REFUSED = Map.of(
            "ht", "a mapping of huge pages (hugetlbfs)",
            "io", "a mapping of a device's memory",
            "pf", "a mapping of a device's memory",
            "ss", "a shadow stack",
            "um", "a mapping with a userfaultfd",
            "uw", "a mapping with a userfaultfd",
            "ui", "a mapping with a userfaultfd");

    private static final Set<String> OF_THE_KERNEL = Set.of("[vdso]", "[vvar]", "[vvar_vclock]");
    private static final List<String> ANONYMOUS = List.of("[heap]", "[stack]", "[anon:");

    private RefusedMappings() {}

    static void check(MemoryMapping mapping) {
        String name = mapping.name();
        if (OF_THE_KERNEL.contains(name)) {
            return;
        }
        for (String flag : mapping.flags()) {
            String refused = REFUSED.get(flag);
            if (refused != null) {
                throw new CaptureRefusedException(refused + at(mapping), UNMAP);
            }
        }
        if (mapping.protectionKey() != 0) {
            throw new CaptureRefusedException("a mapping with a protection key" + at(mapping), UNMAP);
        }
        if (name.startsWith("/SYSV")) {
            throw new CaptureRefusedException("a System V shared memory segment" + at(mapping), "detach it (shmdt)");
        }
        if (name.startsWith("/[aio]")) {
            throw new CaptureRefusedException("an asynchronous I/O context" + at(mapping), "destroy it (io_destroy)");
        }
        if (name.startsWith("anon_inode:[io_uring]")) {
            throw new CaptureRefusedException("an io_uring" + at(mapping), UNMAP);
        }
        boolean file = name.startsWith("/") && !name.startsWith("/memfd:") && !name.startsWith("/dev/zero (deleted)");
        if (mapping.shared() && (!file || (mapping.protection() & 2) != 0)) {
            String kind = (mapping.protection() & 2) != 0 ? "a shared writable mapping" : "a shared mapping";
            throw new CaptureRefusedException(
                    kind + (name.isEmpty() ? "" : " " + name) + at(mapping),
                    "unmap it in a before-checkpoint hook and map it again in an after-restore hook");
        }
        if (!name.isEmpty() && !name.startsWith("/") && ANONYMOUS.stream().noneMatch(name::startsWith)) {
            throw new CaptureRefusedException("the mapping " + name + at(mapping), UNMAP);
        }
    }

    private static String at(MemoryMapping mapping) {
        return " at " + Long.toHexString(mapping.start());
    }
}
