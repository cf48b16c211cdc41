package dev.instar.engine.functions;

import dev.instar.engine.store.LocalCodeStore;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import dev.instar.sandbox.Workload;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts bytecode beside a tree's Python sources, so that no cold start has to compile them. The compiler runs in a
 * sandbox without network, since it reads a tenant's files; it sends the bytecode back over its channel, and only the
 * node writes into the tree. What cannot be prepared costs time at a start and nothing else. Thread-safe.
 */
public final class CodePreparation {
    private static final Logger LOG = LoggerFactory.getLogger(CodePreparation.class);
    private static final long MOST_BYTES = 512L << 20;
    private static final ResourceLimits LIMITS =
            new ResourceLimits(512L << 20, OptionalLong.empty(), 16, 1000, 1 << 20);

    /** Sends a record for each source that has no bytecode yet; the invalidation mode makes imports skip all checks. */
    private static final String COMPILER = """
            import importlib._bootstrap_external as b, importlib.util, os, socket, struct, sys
            root = sys.argv[1]
            out = socket.socket(fileno=3).makefile("wb")
            def send(source, cache, content):
                for part in (source.encode(), cache.encode(), content):
                    out.write(struct.pack(">I", len(part)) + part)
            for place, folders, names in os.walk(root):
                folders[:] = [f for f in folders if f not in ("__pycache__", "node_modules", ".git")]
                for name in names:
                    path = os.path.join(place, name)
                    if not name.endswith(".py") or os.path.islink(path):
                        continue
                    cache = importlib.util.cache_from_source(path)
                    if os.path.exists(cache):
                        continue
                    try:
                        with open(path, "rb") as file:
                            data = file.read()
                        code = compile(data, path, "exec", dont_inherit=True)
                        content = bytes(b._code_to_hash_pyc(code, importlib.util.source_hash(data), False))
                        send(os.path.relpath(path, root), os.path.basename(cache), content)
                    except (SyntaxError, ValueError, OverflowError, RecursionError) as error:
                        send(os.path.relpath(path, root), "", str(error).encode()[:2000])
            send("", "", b"")
            out.flush()
            """;

    private final SandboxPool sandboxes;
    private final Duration atMost;
    private final ScheduledExecutorService timer;

    /** @param atMost how long one tree may take; what is not compiled by then stays as it is */
    public CodePreparation(SandboxPool sandboxes, Duration atMost, ScheduledExecutorService timer) {
        this.sandboxes = sandboxes;
        this.atMost = atMost;
        this.timer = timer;
    }

    /**
     * Compiles the tree's Python sources that have no bytecode yet.
     *
     * @return sources that do not compile, with the reason
     */
    Map<String, String> compile(Path tree) throws InterruptedException {
        try (Sandbox sandbox = sandboxes.acquire((_, line) -> LOG.debug("compiling {}: {}", tree, line))) {
            List<SocketChannel> channels = sandbox.start(workload(tree));
            try (SocketChannel channel = channels.getFirst()) {
                return receive(tree, channel);
            }
        } catch (SandboxException | IOException e) {
            LOG.warn("{} could not be compiled ahead; its cold starts take longer: {}", tree, e.getMessage());
            return Map.of();
        }
    }

    private static Workload workload(Path tree) {
        return new Workload(
                List.of("/usr/bin/python3", "-I", "-S", "-c", COMPILER, "/function"),
                Map.of("PATH", "/usr/bin:/bin", "LANG", "C.UTF-8"),
                tree,
                List.of(),
                Map.of(),
                LIMITS,
                NetworkMode.NONE,
                1);
    }

    private Map<String, String> receive(Path tree, SocketChannel channel) throws IOException {
        ScheduledFuture<?> guard =
                timer.schedule(() -> closeQuietly(channel), atMost.toMillis(), TimeUnit.MILLISECONDS);
        try {
            DataInputStream in =
                    new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 1 << 16));
            Map<String, String> failures = new HashMap<>();
            long bytes = 0;
            for (Optional<CompiledFile> next = CompiledFile.read(in);
                    next.isPresent() && bytes < MOST_BYTES;
                    next = CompiledFile.read(in)) {
                CompiledFile file = next.get();
                bytes += file.content().length;
                if (file.compiled()) {
                    write(tree, file);
                } else {
                    failures.put(file.source(), new String(file.content(), StandardCharsets.UTF_8));
                }
            }
            return failures;
        } finally {
            guard.cancel(false);
        }
    }

    /** Writes one file into the tree, and nowhere else, whatever its path and the tree's links say. */
    private static void write(Path tree, CompiledFile file) throws IOException {
        Path source = tree.resolve(file.source()).normalize();
        if (!source.startsWith(tree) || !Files.isRegularFile(source, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("there is no source " + file.source());
        }
        Path folder = source.resolveSibling("").toRealPath();
        if (!folder.startsWith(tree.toRealPath())) {
            throw new IOException("the source " + file.source() + " lies behind a link");
        }
        Path cache = folder.resolve("__pycache__");
        if (!Files.exists(cache, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(cache);
        }
        if (!Files.isDirectory(cache, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(cache + " is not a directory");
        }
        // Beside the tree and not in it, where nobody would look for what a killed node has left.
        Path draft = Files.createTempFile(tree.resolveSibling(""), LocalCodeStore.DRAFT, "");
        try {
            Files.write(draft, file.content());
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(draft, cache.resolve(file.cache()), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a compiler's channel", e);
        }
    }
}
