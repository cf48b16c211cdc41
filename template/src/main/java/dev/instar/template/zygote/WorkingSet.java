package dev.instar.template.zygote;

import dev.instar.linux.PageMap;
import dev.instar.template.image.Image;
import dev.instar.template.image.Region;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The pages of a template that a clone has touched in its first calls: what the next clones can be given before they
 * run, instead of taking a page fault for each. Recording it is REAP's idea (Ustiugov et al., ASPLOS '21). Nothing
 * depends on its being right.
 *
 * @param read ranges that were read only; given from the pool, so that they cost page tables alone
 * @param written ranges that were written; a clone given them has copies of its own from the beginning
 */
public record WorkingSet(List<Range> read, List<Range> written) {
    /** Nothing is known. */
    public static final WorkingSet NONE = new WorkingSet(List.of(), List.of());

    /** More would make a program of too many steps. */
    private static final int MOST_RANGES = 350;

    private static final int PAGE = PageMap.PAGE;
    /** Pages between two ranges that are taken along. */
    private static final int READ_GAP = 16;

    public WorkingSet {
        read = List.copyOf(read);
        written = List.copyOf(written);
    }

    /** Addresses; multiples of the page size. */
    public record Range(long start, long length) {}

    /**
     * Records what an instance has touched until now.
     *
     * @param pid on the host
     * @throws IOException if it has ended
     */
    public static WorkingSet record(int pid, Image image) throws IOException {
        List<Range> read = new ArrayList<>();
        List<Range> written = new ArrayList<>();
        try (PageMap pages = PageMap.open(pid)) {
            for (Region region : image.regions()) {
                boolean mapped = region instanceof Region.FileMapping file && !file.shared();
                boolean content = region instanceof Region.Content stored && !stored.growsDown();
                if (mapped || content) {
                    PageMap.Pages touched = pages.read(region.start(), region.end());
                    add(written, region.start(), touched.anonymous(), 0);
                    add(read, region.start(), touched.ofFile(), READ_GAP);
                }
            }
        }
        return new WorkingSet(longest(read), longest(written));
    }

    private static void add(List<Range> ranges, long start, BitSet pages, int gap) {
        int first = pages.nextSetBit(0);
        while (first >= 0) {
            int end = pages.nextClearBit(first);
            int next = pages.nextSetBit(end);
            while (next >= 0 && next - end <= gap) {
                end = pages.nextClearBit(next);
                next = pages.nextSetBit(end);
            }
            ranges.add(new Range(start + (long) first * PAGE, (long) (end - first) * PAGE));
            first = next;
        }
    }

    private static List<Range> longest(List<Range> ranges) {
        if (ranges.size() <= MOST_RANGES) {
            return ranges;
        }
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.sort((a, b) -> Long.compare(b.length(), a.length()));
        return sorted.subList(0, MOST_RANGES);
    }

    /** One range a line: {@code r} or {@code w}, first address and length in hexadecimal. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        read.forEach(range -> append(text, 'r', range));
        written.forEach(range -> append(text, 'w', range));
        return text.toString();
    }

    private static void append(StringBuilder text, char kind, Range range) {
        text.append(kind)
                .append(' ')
                .append(Long.toHexString(range.start()))
                .append(' ')
                .append(Long.toHexString(range.length()))
                .append('\n');
    }

    /** @throws IllegalArgumentException if the text is not what {@link #toText} writes */
    public static WorkingSet parse(String text) {
        List<Range> read = new ArrayList<>();
        List<Range> written = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String[] fields = line.split(" ", -1);
            if (fields.length != 3 || !(fields[0].equals("r") || fields[0].equals("w"))) {
                throw new IllegalArgumentException("not a line of a working set: " + line);
            }
            Range range = new Range(Long.parseUnsignedLong(fields[1], 16), Long.parseUnsignedLong(fields[2], 16));
            if (range.start() % PAGE != 0 || range.length() % PAGE != 0 || range.length() <= 0) {
                throw new IllegalArgumentException("not a range of pages: " + line);
            }
            (fields[0].equals("r") ? read : written).add(range);
        }
        if (read.size() > MOST_RANGES || written.size() > MOST_RANGES) {
            throw new IllegalArgumentException("more ranges than can be used");
        }
        return new WorkingSet(read, written);
    }

    /** Bytes of the pages that were written. */
    public long writtenBytes() {
        return written.stream().mapToLong(Range::length).sum();
    }

    /** Bytes of the pages that were only read. */
    public long readBytes() {
        return read.stream().mapToLong(Range::length).sum();
    }
}
