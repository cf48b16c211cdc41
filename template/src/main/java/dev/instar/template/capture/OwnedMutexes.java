package dev.instar.template.capture;

import dev.instar.linux.MemoryMapping;
import dev.instar.linux.PageMap;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.TaskStatus;
import dev.instar.linux.TracedProcess;
import dev.instar.linux.TracedThread;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/**
 * Looks for locked mutexes of the kinds that remember their owner by its thread id, recursive and error-checking ones.
 * The threads of a clone have other ids, so its owner would wait for itself forever. Such mutexes are mostly held for
 * moments, by V8 while it collects garbage for example: another moment will do.
 *
 * <p>They are known by what stands in them, as glibc lays them out on 64-bit machines ({@code struct __pthread_mutex_s}
 * in {@code bits/struct_mutex.h}): lock word 1 or 2, depth, owner, one user, kind 1 or 2, and zeros up to 40 bytes.
 */
final class OwnedMutexes {
    private static final int MUTEX = 40;
    private static final int CHUNK = 2 << 20;
    private static final int DEEPEST = 1 << 16;

    private final TracedProcess process;
    private final Set<Integer> threads = new HashSet<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);

    OwnedMutexes(TracedProcess process, ProcFiles proc) throws IOException {
        this.process = process;
        for (TracedThread thread : process.threads()) {
            proc.threadStatus(process.pid(), thread.id())
                    .map(TaskStatus::namespaceId)
                    .ifPresent(threads::add);
        }
    }

    /** Refuses a process of several threads one of which holds such a mutex now. */
    void check(PageMap pageMap) throws IOException {
        if (process.threads().size() == 1) {
            return;
        }
        for (MemoryMapping mapping : process.mappings()) {
            if (mapping.privatelyWritable() && mapping.anonymous() + mapping.swapped() > 0) {
                BitSet pages = pageMap.read(mapping.start(), mapping.end()).anonymous();
                for (int first = pages.nextSetBit(0); first >= 0; ) {
                    int end = pages.nextClearBit(first);
                    check(mapping.start() + (long) first * PageMap.PAGE, mapping.start() + (long) end * PageMap.PAGE);
                    first = pages.nextSetBit(end);
                }
            }
        }
    }

    /** Chunks overlap, since a mutex may lie across the end of one. */
    private void check(long start, long end) throws IOException {
        for (long at = start; at + MUTEX <= end; at += CHUNK - MUTEX) {
            buffer.clear().limit((int) Math.min(CHUNK, end - at));
            process.memory().read(at, buffer);
            buffer.flip();
            for (int i = 0; i + MUTEX <= buffer.limit(); i += Long.BYTES) {
                int lock = buffer.getInt(i);
                if ((lock == 1 || lock == 2) && isOwned(i)) {
                    throw new HeldMutexException(at + i, buffer.getInt(i + 8));
                }
            }
        }
    }

    private boolean isOwned(int i) {
        int depth = buffer.getInt(i + 4);
        int kind = buffer.getInt(i + 16);
        return buffer.getInt(i + 12) == 1
                && (kind == 1 || kind == 2)
                && depth >= 0
                && depth < DEEPEST
                && buffer.getInt(i + 20) == 0
                && buffer.getLong(i + 24) == 0
                && buffer.getLong(i + 32) == 0
                && threads.contains(buffer.getInt(i + 8));
    }
}
