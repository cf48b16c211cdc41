package dev.instar.template.zygote;

import dev.instar.linux.AddressSpaceSteps;
import dev.instar.linux.CloneServer;
import dev.instar.linux.Fd;
import dev.instar.linux.MemoryFile;
import dev.instar.linux.MemoryMapping;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.Scheduling;
import dev.instar.linux.Steps;
import dev.instar.linux.SyscallProgram;
import dev.instar.linux.SyscallProgram.Argument;
import dev.instar.linux.ThreadTable;
import dev.instar.template.image.Image;
import dev.instar.template.image.ImageRules;
import dev.instar.template.image.InvalidImageException;
import dev.instar.template.image.ProcessState;
import dev.instar.template.image.Region;
import dev.instar.template.image.ThreadState;
import dev.instar.template.pool.PooledTemplate;
import dev.instar.template.pool.PooledTemplate.Placement;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Builds zygotes: lists of system calls that a blank process of ours makes, until its address space is that of the
 * captured process. No page is read or written but those of the stack.
 */
public final class ZygoteBuilder {
    private static final int MOST_STEPS = 900;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_NOHUGEPAGE = 15;
    private static final int MADV_DONTDUMP = 16;
    private static final int MADV_WIPEONFORK = 18;
    private static final int OPENAT = 257;
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 02000000;
    private static final int O_NONBLOCK = 04000;
    private static final int O_NOCTTY = 0400;
    /** The user and group who own nothing. */
    private static final int NOBODY = 65534;

    private static final int READ = 1;
    private static final int READ_AND_WRITE = 3;
    private static final int MM_MAP = 104;

    private ZygoteBuilder() {}

    /**
     * Turns a process into a zygote.
     *
     * @param process sees the files that the captured process saw, under the same names; ends if building fails
     * @param pages where the image's content is
     * @throws dev.instar.linux.LinuxException naming the step that failed
     * @throws UnsuitableImageException if the image cannot be used on this machine
     */
    public static Zygote build(CloneServer process, Image image, PooledTemplate pages) {
        return build(process, image, pages, false);
    }

    /**
     * As {@link #build}, but with a private copy of every page of the image, as a process has that initialised itself:
     * for comparison with what forking such a process costs.
     */
    public static Zygote buildWithCopies(CloneServer process, Image image, PooledTemplate pages) {
        return build(process, image, pages, true);
    }

    private static Zygote build(CloneServer process, Image image, PooledTemplate pages, boolean copied) {
        boolean built = false;
        try {
            check(image);
            MemoryMapping programMemory = process.clear(specialMappings(process, image));
            mapRegions(process, image, pages, copied);
            setUp(process, image);
            process.persist();
            built = true;
            return new Zygote(process, image, programMemory);
        } finally {
            if (!built) {
                process.close();
            }
        }
    }

    /** Whoever read the image has checked it too; but what is done here is done with every privilege. */
    private static void check(Image image) {
        try {
            ImageRules.check(image);
        } catch (InvalidImageException e) {
            throw new UnsuitableImageException(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Long> specialMappings(CloneServer process, Image image) {
        Map<String, Long> here = new HashMap<>();
        for (MemoryMapping mapping : process.mappings()) {
            here.put(mapping.name(), mapping.length());
        }
        if (here.isEmpty()) {
            throw new IllegalStateException("the process that was to become a zygote has ended");
        }
        Map<String, Long> places = new HashMap<>();
        for (Region region : image.regions()) {
            if (region instanceof Region.Special special) {
                Long length = here.get(special.name());
                if (length == null || length != special.length()) {
                    throw new UnsuitableImageException(
                            "it was captured on another kernel: " + special.name() + " differs");
                }
                places.put(special.name(), special.start());
            }
        }
        return places;
    }

    private static void mapRegions(CloneServer process, Image image, PooledTemplate pages, boolean copied) {
        Iterator<Region> regions = image.regions().iterator();
        while (regions.hasNext()) {
            SyscallProgram program = new SyscallProgram();
            AddressSpaceSteps memory = new AddressSpaceSteps(program);
            Steps steps = new Steps(program);
            // Files that the function may not read are no part of its template either.
            steps.setFileSystemIds(NOBODY, NOBODY);
            Files files = new Files(program);
            List<Argument> segments =
                    pages.segments().stream().map(program::descriptor).toList();
            while (regions.hasNext() && program.size() < MOST_STEPS) {
                map(regions.next(), memory, files, segments, pages.placements(), copied);
            }
            files.closeAll();
            steps.setFileSystemIds(0, 0);
            process.run(program);
        }
    }

    private static void map(
            Region region,
            AddressSpaceSteps memory,
            Files files,
            List<Argument> segments,
            List<Placement> placements,
            boolean copied) {
        int protection = region.attributes().protection();
        switch (region) {
            case Region.Zero zero -> {
                memory.mapZeros(zero.start(), zero.length(), protection);
                if (zero.attributes().wipeOnFork()) {
                    memory.advise(zero.start(), zero.length(), MADV_WIPEONFORK);
                }
            }
            case Region.Content content -> {
                if (content.growsDown()) {
                    memory.mapStack(content.start(), content.length());
                } else if (copied) {
                    memory.mapZeros(content.start(), content.length(), READ_AND_WRITE);
                }
                mapContent(content, memory, segments, placements, copied || content.growsDown());
                if (copied && protection != READ_AND_WRITE) {
                    memory.protect(content.start(), content.length(), protection);
                }
            }
            case Region.FileMapping file -> {
                Argument open = files.open(file.path());
                if (file.shared()) {
                    memory.mapShared(file.start(), file.length(), protection, open, file.offset());
                } else {
                    memory.mapPrivate(file.start(), file.length(), protection, open, file.offset());
                }
            }
            case Region.Special _ -> {
                return;
            }
        }
        advise(region, memory);
    }

    private static void mapContent(
            Region.Content content,
            AddressSpaceSteps memory,
            List<Argument> segments,
            List<Placement> placements,
            boolean copied) {
        long at = content.start();
        for (int i = firstReaching(placements, at); i < placements.size() && at < content.end(); i++) {
            Placement placement = placements.get(i);
            if (placement.start() > at) {
                break;
            }
            long end = Math.min(content.end(), placement.end());
            long offset = placement.offset() + at - placement.start();
            Argument segment = segments.get(placement.segment());
            if (copied) {
                memory.read(at, end - at, segment, offset);
            } else {
                memory.mapPrivate(at, end - at, content.attributes().protection(), segment, offset);
            }
            at = end;
        }
        if (at < content.end()) {
            throw new UnsuitableImageException("the pool has no page for 0x" + Long.toHexString(at));
        }
    }

    private static int firstReaching(List<Placement> placements, long address) {
        int low = 0;
        int high = placements.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (placements.get(middle).end() > address) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private static void advise(Region region, AddressSpaceSteps memory) {
        Region.Attributes attributes = region.attributes();
        if (attributes.dontDump()) {
            memory.advise(region.start(), region.length(), MADV_DONTDUMP);
        }
        if (attributes.hugePages() != 0) {
            int advice = attributes.hugePages() > 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
            memory.advise(region.start(), region.length(), advice);
        }
        if (!attributes.name().isEmpty() && region instanceof Region.Zero) {
            memory.name(region.start(), region.length(), attributes.name());
        }
    }

    private static void setUp(CloneServer process, Image image) {
        SyscallProgram program = new SyscallProgram();
        AddressSpaceSteps memory = new AddressSpaceSteps(program);
        Files files = new Files(program);
        ProcessState state = image.process();
        Argument map = bounds(program, state);
        Steps steps = new Steps(program);
        steps.setFileSystemIds(NOBODY, NOBODY);
        int executable = files.openStep(state.executable());
        program.storeResult(map, MM_MAP - 4);
        steps.setFileSystemIds(0, 0);
        memory.setBounds(map, MM_MAP);
        program.call("close", 3, program.result(executable));
        ThreadTable threads = new ThreadTable();
        Scheduling own = new ProcFiles()
                .scheduling(process.pid(), process.pid())
                .orElseThrow(() -> new IllegalStateException("the zygote has ended"));
        image.threads().forEach(thread -> threads.add(entry(thread, own)));
        byte[] table = threads.encode();
        MemoryFile tableFile = MemoryFile.create("instar-threads");
        try (Fd descriptor = tableFile.fd()) {
            tableFile.append(table);
            tableFile.seal();
            memory.mapPrivate(CloneServer.THREADS, table.length, READ, program.descriptor(descriptor), 0);
            memory.setThreadPointer(threadPointer(image.threads().getFirst()));
            process.run(program);
        }
    }

    /**
     * {@code struct prctl_mm_map}: eleven addresses, the auxiliary vector, its size, and the executable's descriptor.
     */
    private static Argument bounds(SyscallProgram program, ProcessState state) {
        byte[] vector = state.auxiliaryVector().toArray();
        Argument auxiliary = program.bytes(vector);
        ByteBuffer map = ByteBuffer.allocate(MM_MAP).order(ByteOrder.LITTLE_ENDIAN);
        map.putLong(state.startCode())
                .putLong(state.endCode())
                .putLong(state.startData())
                .putLong(state.endData())
                .putLong(state.startBreak())
                .putLong(state.currentBreak())
                .putLong(state.startStack())
                .putLong(state.argumentsStart())
                .putLong(state.argumentsEnd())
                .putLong(state.environmentStart())
                .putLong(state.environmentEnd())
                .putLong(0)
                .putInt(vector.length);
        Argument argument = program.bytes(map.array());
        program.pointTo(argument, 88, auxiliary);
        return argument;
    }

    /** @param own of the zygote, which clones inherit; a node may run with another nice value than most programs */
    private static ThreadTable.Entry entry(ThreadState thread, Scheduling own) {
        if (thread.policy() != own.policy() || thread.nice() != own.nice()) {
            throw new UnsuitableImageException("thread " + thread.name() + " has changed its scheduling");
        }
        return new ThreadTable.Entry(
                thread.name(),
                thread.registers().toArray(),
                thread.extendedState().toArray(),
                thread.signalMask(),
                thread.alternateStack().start(),
                thread.alternateStack().flags(),
                thread.alternateStack().size(),
                thread.robustList(),
                thread.rseq().address(),
                thread.rseq().size(),
                thread.rseq().signature(),
                thread.clearThreadId(),
                threadPointer(thread));
    }

    private static long threadPointer(ThreadState thread) {
        int fsBase = 21;
        return ByteBuffer.wrap(thread.registers().toArray())
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong(8 * fsBase);
    }

    /** Files that one program opens, each once. */
    private static final class Files {
        private final SyscallProgram program;
        private final Map<String, Integer> open = new HashMap<>();

        Files(SyscallProgram program) {
            this.program = program;
        }

        Argument open(String path) {
            return program.result(open.computeIfAbsent(path, this::openStep));
        }

        int openStep(String path) {
            return program.call(
                    "openat(\"" + path + "\")",
                    OPENAT,
                    SyscallProgram.number(AT_FDCWD),
                    program.string(path),
                    // A pipe or device that an image calls a file must not hold anybody up.
                    SyscallProgram.number(O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
                    SyscallProgram.number(0));
        }

        void closeAll() {
            open.values().forEach(step -> program.call("close", 3, program.result(step)));
        }
    }
}
