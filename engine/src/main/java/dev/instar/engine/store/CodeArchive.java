package dev.instar.engine.store;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.deploy.TreeLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Unpacks archives of code, under the same rules wherever that is done. */
public final class CodeArchive {
    private CodeArchive() {}

    /**
     * A tree on disk.
     *
     * @param digest {@code sha256:…} over paths, modes and contents
     * @param bytes contents of its files
     */
    public record Tree(String digest, long bytes) {}

    /**
     * Unpacks a file into an empty directory, for looking at code before it is uploaded.
     *
     * @param target exists and is empty; holds part of the tree if this throws
     * @throws dev.instar.engine.InvalidRequestException for an archive that {@link dev.instar.engine.CodeStore} refuses
     * @throws dev.instar.engine.StorageException if the disk is full
     * @throws IOException if the archive cannot be read
     */
    public static Tree unpack(Format format, Path archive, Path target) throws IOException {
        return unpack(format, archive, target, TreeLimits.DEFAULT);
    }

    static Tree unpack(Format format, Path archive, Path target, TreeLimits limits) throws IOException {
        TreeWriter writer = new TreeWriter(target, limits, Files.size(archive));
        switch (format) {
            case ZIP -> ArchiveReader.readZip(archive, writer);
            case TAR_GZ -> ArchiveReader.readTarGz(archive, writer);
        }
        String digest = writer.finish();
        return new Tree(digest, writer.bytes());
    }
}
