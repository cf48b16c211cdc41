package dev.instar.template.capture;

import dev.instar.linux.MemoryMapping;
import dev.instar.template.capture.SplitMapping.Piece;
import dev.instar.template.image.Region;
import dev.instar.template.image.Region.Attributes;
import dev.instar.template.image.UnitSink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the mappings of a process into regions. */
final class RegionCapture {
    private static final String ANONYMOUS = "[anon:";
    private static final String ZERO_DEVICE = "/dev/zero";

    /** Made by the kernel at the same place in every process, or only while it is being observed. */
    private static final Set<String> OF_THE_KERNEL = Set.of("[vsyscall]", "[uprobes]");

    private static final Set<String> SPECIAL = Set.of("[vdso]", "[vvar]", "[vvar_vclock]");

    /** Space that is only reserved may be larger than a page-by-page look is worth. */
    private static final long LARGEST_UNTOUCHED = 1L << 30;

    private static final long LARGEST = 1L << 40;

    /** What becomes of a mapping. */
    private enum Fate {
        /** Moved. */
        SPECIAL,
        /** Content from end to end. */
        CONTENT,
        /** As it was when it was made: zeros, or a file. */
        UNTOUCHED,
        /** A piece here and there has content. */
        SPLIT
    }

    private record Planned(
            MemoryMapping mapping,
            Fate fate,
            @Nullable String path,
            @Nullable SplitMapping split) {}

    private final SandboxFiles files;
    private final ContentPages pages;
    private final CaptureSettings settings;

    RegionCapture(SandboxFiles files, ContentPages pages, CaptureSettings settings) {
        this.files = files;
        this.pages = pages;
        this.settings = settings;
    }

    /** Takes the regions; the content goes to the sink. */
    List<Region> capture(List<MemoryMapping> mappings, UnitSink sink) throws IOException {
        List<Planned> plan = new ArrayList<>();
        for (MemoryMapping mapping : mappings) {
            if (!OF_THE_KERNEL.contains(mapping.name())) {
                plan.add(plan(mapping));
            }
        }
        int gap = gap(plan);
        List<Region> regions = new ArrayList<>();
        for (Planned planned : plan) {
            add(regions, planned, gap, sink);
        }
        return regions;
    }

    private Planned plan(MemoryMapping mapping) throws IOException {
        RefusedMappings.check(mapping);
        if (SPECIAL.contains(mapping.name())) {
            return new Planned(mapping, Fate.SPECIAL, null, null);
        }
        boolean ofFile = mapping.name().startsWith("/") && !mapping.name().equals(ZERO_DEVICE);
        String path = ofFile ? file(mapping) : null;
        if (isStack(mapping)) {
            return new Planned(mapping, Fate.CONTENT, null, null);
        }
        if (isUntouched(mapping)) {
            return new Planned(mapping, Fate.UNTOUCHED, path, null);
        }
        if (mapping.length() > LARGEST) {
            throw new CaptureRefusedException(
                    "a mapping of " + (mapping.length() >> 40) + " TiB at " + Long.toHexString(mapping.start()),
                    "reserve less memory, or keep what is used apart from what is reserved");
        }
        return new Planned(mapping, Fate.SPLIT, path, pages.find(mapping, ofFile));
    }

    /** Whether no page needs to be looked at, which for memory that is wiped is no matter of its content. */
    private static boolean isUntouched(MemoryMapping mapping) {
        boolean touched = mapping.anonymous() + mapping.swapped() > 0;
        return mapping.shared()
                || mapping.flags().contains("wf")
                || mapping.flags().contains("dp")
                || (!touched && mapping.length() > LARGEST_UNTOUCHED);
    }

    private String file(MemoryMapping mapping) throws IOException {
        String link = "map_files/" + Long.toHexString(mapping.start()) + "-" + Long.toHexString(mapping.end());
        String path = files.path("a mapping", link, mapping.name());
        if (!files.status(link).regular()) {
            throw new CaptureRefusedException(
                    "a mapping of the device " + path, "unmap it in a before-checkpoint hook");
        }
        files.dependOn(path, link);
        return path;
    }

    /** The shortest gap from the settings' on with which there are not too many regions. */
    private int gap(List<Planned> plan) {
        int gap = settings.gapPages();
        while (true) {
            int regions = 0;
            for (Planned planned : plan) {
                regions += planned.split() == null
                        ? 1
                        : planned.split().pieces(gap).size();
            }
            if (regions <= settings.maximumRegions()) {
                return gap;
            }
            if (gap > 1 << 24) {
                throw new CaptureRefusedException(
                        regions + " regions of memory, more than " + settings.maximumRegions(),
                        "make fewer mappings of different kinds");
            }
            gap = 2 * gap + 1;
        }
    }

    private void add(List<Region> regions, Planned planned, int gap, UnitSink sink) throws IOException {
        MemoryMapping mapping = planned.mapping();
        Attributes attributes = attributes(mapping, mapping.protection());
        switch (planned.fate()) {
            case SPECIAL -> regions.add(new Region.Special(mapping.start(), mapping.end(), attributes, mapping.name()));
            case CONTENT -> regions.add(content(mapping.start(), mapping.end(), attributes, true, sink));
            case UNTOUCHED -> regions.add(untouched(planned, mapping.start(), mapping.end(), attributes));
            case SPLIT -> {
                for (Piece piece : Objects.requireNonNull(planned.split()).pieces(gap)) {
                    regions.add(region(planned, piece, attributes, sink));
                }
            }
        }
    }

    private Region region(Planned planned, Piece piece, Attributes attributes, UnitSink sink) throws IOException {
        MemoryMapping mapping = planned.mapping();
        return switch (piece.kind()) {
            case CONTENT -> content(piece.start(), piece.end(), attributes, false, sink);
            // What may not be touched may as well have no rights.
            case GUARD -> new Region.Zero(piece.start(), piece.end(), attributes(mapping, 0));
            case UNTOUCHED -> untouched(planned, piece.start(), piece.end(), attributes);
        };
    }

    private static Region untouched(Planned planned, long start, long end, Attributes attributes) {
        MemoryMapping mapping = planned.mapping();
        String path = planned.path();
        return path == null
                ? new Region.Zero(start, end, attributes)
                : new Region.FileMapping(
                        start, end, attributes, mapping.shared(), path, mapping.offset() + start - mapping.start());
    }

    private Region content(long start, long end, Attributes attributes, boolean growsDown, UnitSink sink)
            throws IOException {
        return new Region.Content(start, end, attributes, growsDown, pages.store(start, end, sink));
    }

    /** The kernel extends it downwards, so it has no fixed beginning that could be told apart from its content. */
    private static boolean isStack(MemoryMapping mapping) {
        return mapping.flags().contains("gd");
    }

    private static Attributes attributes(MemoryMapping mapping, int protection) {
        Set<String> flags = mapping.flags();
        String name = mapping.name();
        return new Attributes(
                protection,
                flags.contains("dc"),
                flags.contains("wf"),
                flags.contains("dd"),
                flags.contains("hg") ? 1 : flags.contains("nh") ? -1 : 0,
                name.startsWith(ANONYMOUS) ? name.substring(ANONYMOUS.length(), name.length() - 1) : "");
    }
}
