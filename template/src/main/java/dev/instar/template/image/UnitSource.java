package dev.instar.template.image;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Gives back the bytes of an image's units. */
@FunctionalInterface
public interface UnitSource {
    /**
     * Reads a unit and checks it against its digest.
     *
     * @param into has room for {@link Region.Unit#length()} bytes; its position moves behind them
     * @throws IOException if it cannot be read, or is not what its digest says
     */
    void read(Region.Unit unit, ByteBuffer into) throws IOException;
}
