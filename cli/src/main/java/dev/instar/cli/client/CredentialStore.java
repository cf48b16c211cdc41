package dev.instar.cli.client;

import dev.instar.cli.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The file in which {@code instar login} keeps credentials, readable by its owner alone: one line per node, {@code URL
 * token TEXT} or {@code URL password USER TEXT}.
 */
public final class CredentialStore {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path file;

    public CredentialStore(Path file) {
        this.file = file;
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /**
     * Credentials kept for a node.
     *
     * @throws CommandException if the file can be read by others or is broken
     */
    public Optional<Credentials> find(URI gateway) {
        return lines().stream()
                .map(line -> line.split(" ", 4))
                .filter(parts -> parts[0].equals(gateway.toString()))
                .map(this::credentials)
                .findFirst();
    }

    /** Keeps credentials for a node in place of those kept before. */
    public void put(URI gateway, Credentials credentials) {
        String text = switch (credentials) {
            case Credentials.Token token -> "token " + token.text();
            case Credentials.Password password -> "password " + password.user() + " " + password.password();
            case Credentials.None none -> throw new IllegalArgumentException("no credentials to keep, but " + none);
        };
        List<String> lines = without(gateway);
        lines.add(gateway + " " + text);
        write(lines);
    }

    /** Forgets the credentials of a node; says whether there were any. */
    public boolean remove(URI gateway) {
        List<String> lines = without(gateway);
        boolean found = lines.size() < lines().size();
        if (found) {
            write(lines);
        }
        return found;
    }

    private List<String> without(URI gateway) {
        List<String> lines = new ArrayList<>(lines());
        lines.removeIf(line -> line.startsWith(gateway + " "));
        return lines;
    }

    private Credentials credentials(String[] parts) {
        if (parts.length == 3 && parts[1].equals("token")) {
            return new Credentials.Token(parts[2]);
        }
        if (parts.length == 4 && parts[1].equals("password")) {
            return new Credentials.Password(parts[2], parts[3]);
        }
        throw CommandException.badInput(file + " has a broken line for " + parts[0] + ": run `instar login` again");
    }

    private List<String> lines() {
        try {
            if (!Files.exists(file)) {
                return List.of();
            }
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (!OWNER_ONLY.containsAll(permissions)) {
                throw CommandException.badInput(file + " can be read by others: run `chmod 600 " + file + "`");
            }
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private void write(List<String> lines) {
        try {
            Path directory = file.toAbsolutePath().normalize().resolveSibling("");
            createPrivateDirectory(directory);
            Path fresh = Files.createTempFile(
                    directory, "credentials", ".new", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            Files.write(fresh, lines);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static void createPrivateDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Files.createDirectories(directory.getParent());
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
    }
}
