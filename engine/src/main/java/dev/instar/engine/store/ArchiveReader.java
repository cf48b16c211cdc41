package dev.instar.engine.store;

import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StorageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** Hands the entries of an archive file, which nobody has looked at yet, to a {@link TreeWriter}. */
final class ArchiveReader {
    /** What may lie between the contents of two tar entries: names and extended attributes are read into memory. */
    private static final long LONGEST_HEADERS = 1 << 20;

    private static final int FILE_TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int ANY_EXECUTE = 0111;

    private ArchiveReader() {}

    /** @throws InvalidRequestException if it is not such an archive, is damaged or holds what a tree must not */
    static void readZip(Path archive, TreeWriter writer) {
        try (ZipFile zip = ZipFile.builder()
                .setPath(archive)
                .setCharset(StandardCharsets.UTF_8)
                .setUseUnicodeExtraFields(true)
                .get()) {
            for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                readZipEntry(zip, entry, writer);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw damaged("zip", e);
        }
    }

    /** @throws InvalidRequestException if it is not such an archive, is damaged or holds what a tree must not */
    static void readTarGz(Path archive, TreeWriter writer) {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
                BudgetedInputStream plain = new BudgetedInputStream(new GZIPInputStream(file, 1 << 16));
                TarArchiveInputStream tar = new TarArchiveInputStream(plain, StandardCharsets.UTF_8.name())) {
            plain.allow(LONGEST_HEADERS);
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                plain.allow(Long.MAX_VALUE);
                readTarEntry(tar, entry, writer);
                plain.allow(LONGEST_HEADERS);
            }
            // Only at its very end does gzip say whether the content was right.
            plain.transferTo(OutputStream.nullOutputStream());
        } catch (IOException | IllegalArgumentException e) {
            throw damaged("tar.gz", e);
        }
    }

    private static void readZipEntry(ZipFile zip, ZipArchiveEntry entry, TreeWriter writer) throws IOException {
        int type = entry.getUnixMode() & FILE_TYPE;
        if (!zip.canReadEntryData(entry)) {
            throw TreePath.invalid(entry.getName(), "is encrypted or compressed in a way that is not supported");
        }
        if (entry.isUnixSymlink()) {
            writer.symbolicLink(entry.getName(), shortText(zip.getInputStream(entry)));
        } else if (entry.isDirectory()) {
            writer.directory(entry.getName());
        } else if (type == REGULAR || type == 0) {
            try (InputStream content = zip.getInputStream(entry)) {
                writer.file(entry.getName(), (entry.getUnixMode() & ANY_EXECUTE) != 0, content);
            }
        } else {
            throw TreePath.invalid(entry.getName(), "is a device or pipe");
        }
    }

    private static void readTarEntry(TarArchiveInputStream tar, TarArchiveEntry entry, TreeWriter writer)
            throws IOException {
        String name = entry.getName();
        if (entry.isDirectory()) {
            writer.directory(name);
            return;
        }
        switch (entry.getLinkFlag()) {
            case TarConstants.LF_SYMLINK -> writer.symbolicLink(name, entry.getLinkName());
            case TarConstants.LF_LINK -> writer.hardLink(name, entry.getLinkName());
            case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM, TarConstants.LF_CONTIG ->
                writer.file(name, (entry.getMode() & ANY_EXECUTE) != 0, tar);
            default -> throw TreePath.invalid(name, "is a device, pipe or something else a tree of code cannot hold");
        }
    }

    private static String shortText(InputStream content) throws IOException {
        try (content) {
            byte[] bytes = content.readNBytes(4_097);
            if (bytes.length > 4_096) {
                throw new InvalidRequestException("the archive has a link of more than 4096 bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** A {@link StorageException} or refusal from the writer is not an {@code IOException} and passes by this. */
    private static InvalidRequestException damaged(String format, Exception e) {
        return new InvalidRequestException("not a readable " + format + " archive: " + e.getMessage());
    }
}
