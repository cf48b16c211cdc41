package dev.instar.sandbox;

import dev.instar.linux.DetachedMount;
import dev.instar.linux.Fd;
import dev.instar.linux.MemoryFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The descriptors one start hands over; closed here once they have travelled. */
final class WorkloadDescriptors implements AutoCloseable {
    private final List<Fd> owned = new ArrayList<>();
    private final List<Fd> channels = new ArrayList<>();
    private final List<Fd> layers = new ArrayList<>();
    private final Map<String, long[]> secretRanges = new TreeMap<>();
    private @Nullable Fd code;
    private @Nullable Fd secrets;
    private @Nullable Fd resolverFile;
    private @Nullable Fd standardOutput;
    private @Nullable Fd standardError;

    /** Opens the code tree, the layers and the secrets' contents. */
    void openFiles(Workload workload) {
        code = own(DetachedMount.readOnly(workload.codeDirectory()));
        workload.layers().forEach(layer -> layers.add(own(DetachedMount.readOnly(layer))));
        if (workload.secrets().isEmpty()) {
            return;
        }
        MemoryFile file = MemoryFile.create("secrets");
        secrets = own(file.fd());
        long offset = 0;
        for (Map.Entry<String, byte[]> secret : new TreeMap<>(workload.secrets()).entrySet()) {
            file.append(secret.getValue());
            secretRanges.put(secret.getKey(), new long[] {offset, secret.getValue().length});
            offset += secret.getValue().length;
        }
    }

    void addChannel(Fd channel) {
        channels.add(own(channel));
    }

    void setOutput(Fd output, Fd error) {
        standardOutput = own(output);
        standardError = own(error);
    }

    void setResolverFile(Fd file) {
        resolverFile = own(file);
    }

    Fd code() {
        return present(code);
    }

    List<Fd> layers() {
        return layers;
    }

    List<Fd> channels() {
        return channels;
    }

    Fd standardOutput() {
        return present(standardOutput);
    }

    Fd standardError() {
        return present(standardError);
    }

    @Nullable
    Fd resolverFile() {
        return resolverFile;
    }

    /** Holds all secrets one after the other; null if there are none. */
    @Nullable
    Fd secrets() {
        return secrets;
    }

    /** Offset and length of each secret by name. */
    Map<String, long[]> secretRanges() {
        return secretRanges;
    }

    private Fd own(Fd fd) {
        owned.add(fd);
        return fd;
    }

    private static Fd present(@Nullable Fd fd) {
        if (fd == null) {
            throw new IllegalStateException("descriptor is not open yet");
        }
        return fd;
    }

    @Override
    public void close() {
        owned.forEach(Fd::close);
    }
}
