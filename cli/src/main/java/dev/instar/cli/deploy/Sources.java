package dev.instar.cli.deploy;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitHook;
import dev.instar.cli.Progress;
import dev.instar.cli.TemporaryDirectory;
import dev.instar.cli.install.DependencyInstaller;
import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.deploy.SourceArchive;
import dev.instar.engine.store.CodeArchive;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The folders that functions are deployed from: as they are, unpacked from archives, or with their packages installed.
 */
public final class Sources {
    private final Progress progress;
    private final Optional<DependencyInstaller> installer;

    /** @param installer empty to leave packages alone */
    public Sources(Progress progress, Optional<DependencyInstaller> installer) {
        this.progress = progress;
        this.installer = installer;
    }

    /**
     * Makes a source ready to be packed. The user's folder is never changed: packages are installed into a copy.
     *
     * @param source a folder, or a {@code .zip} or {@code .tar.gz} of one
     * @throws CommandException if it is neither, or a package cannot be installed
     * @throws dev.instar.engine.InvalidRequestException for an archive or folder that would be refused
     * @throws IOException if it cannot be read
     */
    Folder open(Path source) throws IOException {
        if (Files.isDirectory(source)) {
            return needsPackages(source) ? installed(source) : new Folder(source, source, Optional.empty());
        }
        if (!Files.isRegularFile(source)) {
            throw CommandException.badInput("there is no folder or archive " + source);
        }
        String name = String.valueOf(source.getFileName());
        Format format = format(name);
        Staging staging = Staging.create(name.replaceFirst("\\.(zip|tgz|tar\\.gz)$", ""));
        try {
            CodeArchive.unpack(format, source, staging.folder());
            install(staging.folder());
            return new Folder(staging.folder(), staging.folder(), Optional.of(staging));
        } catch (IOException | RuntimeException e) {
            staging.close();
            throw e;
        }
    }

    /** Packing and unpacking is a copy that leaves out what the user wants left out. */
    private Folder installed(Path source) throws IOException {
        Staging staging = Staging.create(
                String.valueOf(source.toAbsolutePath().normalize().getFileName()));
        try {
            Path archive = staging.root().resolve("source.tar.gz");
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(archive))) {
                SourceArchive.pack(source, out, _ -> {});
            }
            CodeArchive.unpack(Format.TAR_GZ, archive, staging.folder());
            Files.delete(archive);
            install(staging.folder());
            return new Folder(staging.folder(), source, Optional.of(staging));
        } catch (IOException | RuntimeException e) {
            staging.close();
            throw e;
        }
    }

    private boolean needsPackages(Path folder) {
        return installer.map(known -> known.isNeeded(folder)).orElse(false);
    }

    private void install(Path folder) {
        if (needsPackages(folder)) {
            progress.step(
                    "installing the packages of " + folder.getFileName(),
                    () -> installer.orElseThrow().install(folder));
        }
    }

    private static Format format(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".zip")) {
            return Format.ZIP;
        }
        if (lower.endsWith(".tar.gz") || lower.endsWith(".tgz")) {
            return Format.TAR_GZ;
        }
        throw CommandException.badInput(name + " is neither a folder nor a .zip or .tar.gz");
    }

    /**
     * A folder to pack.
     *
     * @param path its files
     * @param origin what relative names in its manifest refer to
     */
    record Folder(Path path, Path origin, Optional<Staging> staging) implements AutoCloseable {
        @Override
        public void close() {
            staging.ifPresent(Staging::close);
        }
    }

    /**
     * A copy that is removed afterwards, also when a signal ends this process.
     *
     * @param folder in {@code root}, under the function's own name
     */
    record Staging(Path root, Path folder, TemporaryDirectory directory, ExitHook hook) implements AutoCloseable {
        static Staging create(String name) throws IOException {
            TemporaryDirectory directory = TemporaryDirectory.create("instar-deploy-");
            ExitHook hook = ExitHook.install("remove-staging", directory::close);
            return new Staging(
                    directory.path(), Files.createDirectory(directory.path().resolve(name)), directory, hook);
        }

        @Override
        public void close() {
            directory.close();
            hook.remove();
        }
    }
}
