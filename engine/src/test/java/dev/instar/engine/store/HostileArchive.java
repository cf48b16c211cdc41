package dev.instar.engine.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Archives with any names, types and modes, as an attacker would write them. */
final class HostileArchive {
    /** @param type one of {@code TarConstants.LF_…}; for links the content is the target */
    record Entry(byte type, String name, int mode, String content, long time) {
        static Entry file(String name, String content) {
            return new Entry((byte) '0', name, 0100644, content, 0);
        }

        static Entry executable(String name, String content) {
            return new Entry((byte) '0', name, 0104777, content, 1234567890);
        }

        static Entry link(String name, String target) {
            return new Entry((byte) '2', name, 0120777, target, 0);
        }

        static Entry hardLink(String name, String target) {
            return new Entry((byte) '1', name, 0100644, target, 0);
        }

        static Entry directory(String name) {
            return new Entry((byte) '5', name + "/", 040700, "", 0);
        }
    }

    private HostileArchive() {}

    static byte[] tarGz(Entry... entries) {
        return tarGz(List.of(entries));
    }

    static byte[] tarGz(List<Entry> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes), "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
            for (Entry entry : entries) {
                TarArchiveEntry header = new TarArchiveEntry(entry.name(), entry.type(), true);
                byte[] content = entry.content().getBytes(StandardCharsets.UTF_8);
                boolean plain = "0L".indexOf(entry.type()) >= 0 && !entry.name().endsWith("/");
                header.setLinkName("12".indexOf(entry.type()) >= 0 ? entry.content() : "");
                if (plain) {
                    header.setSize(content.length);
                }
                header.setMode(entry.mode());
                header.setModTime(entry.time() * 1000);
                header.setUserId(1000);
                tar.putArchiveEntry(header);
                if (plain) {
                    tar.write(content);
                }
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] zip(Entry... entries) {
        return zip(List.of(entries));
    }

    static byte[] zip(List<Entry> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
            zip.setEncoding("UTF-8");
            for (Entry entry : new ArrayList<>(entries)) {
                ZipArchiveEntry header = new ZipArchiveEntry(entry.name());
                header.setUnixMode(entry.mode());
                header.setTime(entry.time() * 1000 + 315_532_800_000L);
                zip.putArchiveEntry(header);
                zip.write(entry.content().getBytes(StandardCharsets.UTF_8));
                zip.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
