package dev.instar.template.capture;

import dev.instar.linux.PageMap;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The pages of a private mapping: those that have content of their own, and others, which read as zeros or as the file.
 *
 * @param start first address
 * @param pages how many
 * @param content pages with content
 * @param guard pages that may not be touched; none of them has content
 * @param storableEnds whether pages before the first and behind the last with content may be stored with them; not so
 *     in a file, where they need not be stored to be cheap, and may lie behind its end
 */
record SplitMapping(long start, int pages, BitSet content, BitSet guard, boolean storableEnds) {
    /** What a piece is. */
    enum Kind {
        CONTENT,
        UNTOUCHED,
        GUARD
    }

    /** A part of the mapping, by addresses. */
    record Piece(long start, long end, Kind kind) {}

    /**
     * Cuts the mapping into pieces by ascending address.
     *
     * @param gap runs of up to this many pages between content are stored
     */
    List<Piece> pieces(int gap) {
        List<Piece> pieces = new ArrayList<>();
        int at = 0;
        while (at < pages) {
            int guarded = next(guard.nextSetBit(at));
            cut(pieces, at, guarded, gap);
            at = Math.min(pages, guard.nextClearBit(guarded));
            add(pieces, guarded, at, Kind.GUARD);
        }
        return pieces;
    }

    private void cut(List<Piece> pieces, int from, int to, int gap) {
        int at = from;
        while (at < to) {
            int first = Math.min(to, next(content.nextSetBit(at)));
            if (storableEnds && at == from && first < to && first - at <= gap) {
                first = at;
            }
            add(pieces, at, first, Kind.UNTOUCHED);
            at = first;
            if (first < to) {
                at = endOfContent(first, to, gap);
                add(pieces, first, at, Kind.CONTENT);
            }
        }
    }

    /** The end of a run that begins at {@code first} and goes across gaps. */
    private int endOfContent(int first, int to, int gap) {
        int end = Math.max(first + 1, Math.min(to, content.nextClearBit(first)));
        while (end < to) {
            int following = next(content.nextSetBit(end));
            boolean atEnd = following >= to;
            if (Math.min(to, following) - end > gap || (atEnd && !storableEnds)) {
                return end;
            }
            if (atEnd) {
                return to;
            }
            end = Math.min(to, content.nextClearBit(following));
        }
        return end;
    }

    private int next(int bit) {
        return bit < 0 ? pages : Math.min(bit, pages);
    }

    private void add(List<Piece> pieces, int from, int to, Kind kind) {
        if (to > from) {
            pieces.add(new Piece(start + (long) from * PageMap.PAGE, start + (long) to * PageMap.PAGE, kind));
        }
    }
}
