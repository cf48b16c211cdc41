package dev.instar.template.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.template.capture.SplitMapping.Kind;
import dev.instar.template.capture.SplitMapping.Piece;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** However a mapping is cut, nothing is lost and nothing is stored that need not be. */
class SplitMappingPropertyTest {
    private static final int PAGE = 4096;
    private static final long START = 0x7f0000001000L;

    @Property
    void piecesCoverTheMappingAndHoldItsContent(
            @ForAll @Size(min = 1, max = 80) List<@IntRange(min = 0, max = 9) Integer> kinds,
            @ForAll @IntRange(min = 0, max = 12) int gap,
            @ForAll boolean storableEnds) {
        BitSet content = new BitSet();
        BitSet guard = new BitSet();
        for (int i = 0; i < kinds.size(); i++) {
            content.set(i, kinds.get(i) < 3);
            guard.set(i, kinds.get(i) == 9);
        }

        List<Piece> pieces = new SplitMapping(START, kinds.size(), content, guard, storableEnds).pieces(gap);

        long at = START;
        for (Piece piece : pieces) {
            assertThat(piece.start()).isEqualTo(at);
            assertThat(piece.end()).isGreaterThan(at);
            at = piece.end();
            BitSet own = pages(content, piece);
            switch (piece.kind()) {
                case UNTOUCHED -> {
                    assertThat(own.isEmpty()).isTrue();
                    assertThat(pages(guard, piece).isEmpty()).isTrue();
                }
                case GUARD -> assertThat(pages(guard, piece).cardinality()).isEqualTo(length(piece));
                case CONTENT -> {
                    assertThat(pages(guard, piece).isEmpty()).isTrue();
                    assertThat(own.isEmpty()).isFalse();
                    assertThat(longestGap(own, length(piece))).isLessThanOrEqualTo(gap);
                    if (!storableEnds) {
                        assertThat(own.get(0)).isTrue();
                        assertThat(own.get(length(piece) - 1)).isTrue();
                    }
                }
            }
        }
        assertThat(at).isEqualTo(START + (long) kinds.size() * PAGE);
        for (int i = 1; i < pieces.size(); i++) {
            assertThat(pieces.get(i).kind()).isNotEqualTo(pieces.get(i - 1).kind());
        }
    }

    @Property
    void aWiderGapNeverMakesMorePieces(
            @ForAll @Size(min = 1, max = 80) List<Boolean> touched, @ForAll @IntRange(min = 0, max = 12) int gap) {
        BitSet content = new BitSet();
        for (int i = 0; i < touched.size(); i++) {
            content.set(i, touched.get(i));
        }
        SplitMapping mapping = new SplitMapping(START, touched.size(), content, new BitSet(), true);

        assertThat(mapping.pieces(gap + 1))
                .hasSizeLessThanOrEqualTo(mapping.pieces(gap).size());
        assertThat(mapping.pieces(touched.size()))
                .singleElement()
                .extracting(Piece::kind)
                .isEqualTo(content.isEmpty() ? Kind.UNTOUCHED : Kind.CONTENT);
    }

    private static int length(Piece piece) {
        return (int) ((piece.end() - piece.start()) / PAGE);
    }

    private static BitSet pages(BitSet all, Piece piece) {
        int first = (int) ((piece.start() - START) / PAGE);
        return all.get(first, first + length(piece));
    }

    private static int longestGap(BitSet own, int length) {
        int longest = 0;
        int run = 0;
        for (int i = 0; i < length; i++) {
            run = own.get(i) ? 0 : run + 1;
            longest = Math.max(longest, run);
        }
        return longest;
    }
}
