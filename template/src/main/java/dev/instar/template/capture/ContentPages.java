package dev.instar.template.capture;

import dev.instar.linux.MemoryMapping;
import dev.instar.linux.PageMap;
import dev.instar.linux.ProcessMemory;
import dev.instar.template.image.Region.Unit;
import dev.instar.template.image.UnitSink;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Finds the pages of a process that have content of their own, and reads them. */
final class ContentPages {
    private static final int PAGE = PageMap.PAGE;
    private static final int UNIT = 2 << 20;

    private final PageMap pageMap;
    private final ProcessMemory memory;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(UNIT);
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(PAGE);

    ContentPages(PageMap pageMap, ProcessMemory memory) {
        this.pageMap = pageMap;
        this.memory = memory;
    }

    /** Looks at the pages of a private mapping. */
    SplitMapping find(MemoryMapping mapping, boolean ofFile) throws IOException {
        int pages = Math.toIntExact(mapping.length() / PAGE);
        PageMap.Pages state = pageMap.read(mapping.start(), mapping.end());
        BitSet content = new BitSet();
        if (mapping.anonymous() + mapping.swapped() > 0) {
            content = state.anonymous();
            if (!ofFile) {
                dropZeros(mapping.start(), content);
            }
        }
        return new SplitMapping(mapping.start(), pages, content, state.guard(), !ofFile);
    }

    private void dropZeros(long start, BitSet content) throws IOException {
        int first = content.nextSetBit(0);
        while (first >= 0) {
            int end = Math.min(content.nextClearBit(first), first + UNIT / PAGE);
            load(start + (long) first * PAGE, (end - first) * PAGE);
            for (int page = first; page < end; page++) {
                if (buffer.slice((page - first) * PAGE, PAGE).mismatch(zeros) < 0) {
                    content.clear(page);
                }
            }
            first = content.nextSetBit(end);
        }
    }

    /** Reads a range, hands it on unit by unit and tells what the units are. */
    List<Unit> store(long start, long end, UnitSink sink) throws IOException {
        List<Unit> units = new ArrayList<>();
        for (long at = start; at < end; ) {
            int length = (int) (Math.min(end, (at & -UNIT) + UNIT) - at);
            load(at, length);
            units.add(new Unit(at, length, sink.accept(at, buffer)));
            at += length;
        }
        return units;
    }

    private void load(long start, int length) throws IOException {
        if (Thread.interrupted()) {
            throw new InterruptedIOException("interrupted while reading the memory of a process");
        }
        buffer.clear().limit(length);
        memory.read(start, buffer);
        buffer.flip();
    }
}
