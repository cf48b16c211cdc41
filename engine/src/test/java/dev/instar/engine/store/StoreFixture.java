package dev.instar.engine.store;

import dev.instar.engine.Call;
import dev.instar.engine.CodeStore;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.HeaderField;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Specs, calls and archives for the tests of this package. */
final class StoreFixture {
    static final FunctionName HELLO = new FunctionName("default", "hello");

    private StoreFixture() {}

    static FunctionSpec spec(FunctionName name, String code, Map<String, String> environment, List<String> secrets) {
        return new FunctionSpec(
                name,
                code,
                RuntimeKind.PYTHON,
                HandlerConvention.AUTO,
                "",
                List.of(),
                environment,
                secrets,
                ResourceLimits.DEFAULT,
                Duration.ofSeconds(30),
                1,
                NetworkMode.NONE,
                Map.of(),
                Map.of(),
                List.of(),
                "",
                List.of(),
                Scaling.DEFAULT,
                List.of(),
                false,
                StartPreference.TEMPLATE);
    }

    /** A program of the machine, which needs no code. */
    static FunctionSpec program(FunctionName name, String... command) {
        return new FunctionSpec(
                name,
                "",
                RuntimeKind.PROGRAM,
                HandlerConvention.WATCHDOG,
                "",
                List.of(command),
                Map.of(),
                List.of(),
                ResourceLimits.DEFAULT,
                Duration.ofSeconds(30),
                1,
                NetworkMode.NONE,
                Map.of(),
                Map.of(),
                List.of(),
                "",
                List.of(),
                Scaling.DEFAULT,
                List.of(),
                false,
                StartPreference.TEMPLATE);
    }

    static Call call(String id, FunctionName function, byte[] body) {
        List<HeaderField> headers = List.of(new HeaderField("X-A", "1"), new HeaderField("X-A", "2"));
        return new Call(
                id, function, "PUT", "/x", "q=1", headers, "127.0.0.1", new ByteArrayInputStream(body), body.length);
    }

    /** An archive of regular files. */
    static byte[] tarGz(Map<String, String> files) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes), "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (Map.Entry<String, String> file : files.entrySet()) {
                byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static String storeCode(Store store, String namespace, Map<String, String> files) throws IOException {
        return store.code().store(namespace, CodeStore.Format.TAR_GZ, new ByteArrayInputStream(tarGz(files)));
    }
}
