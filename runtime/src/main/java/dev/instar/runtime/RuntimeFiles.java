package dev.instar.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The shims as files. They travel in the jar and appear as {@code /instar} in every sandbox. */
public final class RuntimeFiles {
    private static final List<String> NAMES = List.of(
            "python/shim.py",
            "python/openfaas.py",
            "python/events.py",
            "python/replies.py",
            "python/documents.py",
            "python/watchdog.py",
            "python/http_server.py",
            "python/errors.py",
            "python/threads.py",
            "python/template.py",
            "python/detector.py",
            "python/modules/snapshot_restore_py.py",
            "node/shim.js",
            "node/openfaas.js",
            "node/lambda.js",
            "node/fallbacks.js",
            "node/template.js",
            "node/detector.js",
            "node/modules/instar/index.js");
    private static final Path PYTHON = Path.of("/usr/bin/python3");
    private static final String STAMP = ".complete";

    private RuntimeFiles() {}

    /**
     * Writes the shims to a directory of the host and compiles the Python ones for the machine's interpreter. Does
     * nothing if that was done before with the same shims and the same interpreter, so it may be called at every start;
     * it must be, because bytecode of another interpreter does not run.
     *
     * @throws UncheckedIOException if the directory cannot be written, or Python is missing or cannot compile
     */
    public static void extractTo(Path directory) {
        try {
            String stamp = stamp();
            Path complete = directory.resolve(STAMP);
            if (Files.exists(complete) && Files.readString(complete).equals(stamp)) {
                return;
            }
            Files.deleteIfExists(complete);
            for (String name : NAMES) {
                replace(directory.resolve(name), resource(name));
            }
            compile(directory.resolve("python"));
            replace(complete, stamp.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the runtime shims to " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Names the content of a directory that {@link #extractTo} filled, and the interpreter it was compiled for. */
    public static String digest(Path directory) throws IOException {
        return Files.readString(directory.resolve(STAMP));
    }

    private static void replace(Path file, byte[] content) throws IOException {
        Files.createDirectories(file.getParent());
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.write(fresh, content);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Puts {@code NAME.pyc} beside each {@code NAME.py}, and for modules that functions import, where the interpreter
     * looks for it; tracebacks name the source as the sandbox sees it, and docstrings are left out.
     */
    private static void compile(Path directory) throws IOException {
        String program = """
                import importlib.util, os, py_compile, sys
                def compile(folder, target, optimize):
                    for name in sorted(os.listdir(os.path.join(sys.argv[1], folder))):
                        if name.endswith('.py'):
                            source = os.path.join(sys.argv[1], folder, name)
                            py_compile.compile(source, target(source), os.path.join('/instar/python', folder, name),
                                               doraise=True, optimize=optimize,
                                               invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
                compile('', lambda source: source + 'c', 2)
                compile('modules', importlib.util.cache_from_source, 0)
                """;
        Process process = new ProcessBuilder(PYTHON.toString(), "-I", "-S", "-c", program, directory.toString())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException(PYTHON + " cannot compile the shims (exit status " + status + "): " + output);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while compiling the shims", e);
        }
    }

    private static String stamp() throws IOException {
        Path interpreter = PYTHON.toRealPath();
        MessageDigest digest = sha256();
        digest.update((interpreter + " " + Files.size(interpreter) + " " + Files.getLastModifiedTime(interpreter))
                .getBytes(StandardCharsets.UTF_8));
        for (String name : NAMES) {
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            digest.update(resource(name));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream stream = RuntimeFiles.class.getResourceAsStream("/" + name)) {
            if (stream == null) {
                throw new IOException("the resource " + name + " is missing from the build");
            }
            return stream.readAllBytes();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
