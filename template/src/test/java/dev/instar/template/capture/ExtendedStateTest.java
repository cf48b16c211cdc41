package dev.instar.template.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ExtendedStateTest {
    private static final long TILES = 3L << 17;
    private static final long AVX = 7;

    private static byte[] area(long enabled, long used) {
        return ByteBuffer.allocate(11008)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(464, enabled)
                .putLong(512, used)
                .array();
    }

    @Test
    void tilesThatAreNotUsedAreLeftOut() {
        assertThat(ExtendedState.withoutTiles(area(AVX | TILES, AVX), 1)).isEqualTo(area(AVX, AVX));
        assertThat(ExtendedState.features(area(AVX | TILES, AVX))).isEqualTo(AVX);
    }

    @Test
    void tilesThatAreUsedAreRefused() {
        assertThatThrownBy(() -> ExtendedState.withoutTiles(area(AVX | TILES, AVX | 1L << 18), 7))
                .isInstanceOf(CaptureRefusedException.class)
                .hasMessageContaining("AMX tiles in use by thread 7");
    }
}
