package dev.instar.runtime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real shim process with a function in a temporary directory; everything is gone after {@link #close()}. */
final class Shim implements AutoCloseable {
    /** Connects the channels, puts them on descriptors 3, 4, … and executes the shim, as the sandbox does. */
    private static final String LAUNCHER = """
            import _socket, posix, sys
            path, count = sys.argv[1], int(sys.argv[2])
            sockets = []
            for i in range(count):
                s = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
                s.connect(path)
                sockets.append(s)
            for i, s in enumerate(sockets):
                posix.dup2(s.fileno(), 100 + i)
            for i in range(count):
                posix.dup2(100 + i, 3 + i)
                posix.close(100 + i)
            posix.execve(sys.argv[3], sys.argv[3:], posix.environ)
            """;

    private static final Path SHIMS = temporaryShims();

    final List<Channel> channels = new ArrayList<>();
    private final List<SocketChannel> sockets = new ArrayList<>();
    final Process process;
    private final Path directory;

    private Shim(Builder builder) throws IOException {
        directory = builder.directory;
        RuntimeCommand.Places places = new RuntimeCommand.Places(
                SHIMS.toString(),
                directory.resolve("function").toString(),
                directory.resolve("layers").toString());
        RuntimeCommand command = builder.template
                ? RuntimeCommand.forTemplate(builder.kind, places, builder.layers, 1000, builder.environment)
                : RuntimeCommand.of(builder.kind, places, builder.layers, 1000, builder.environment);
        // The root of every sandbox has this link, for ES modules.
        Files.createSymbolicLink(
                directory.resolve("node_modules"), SHIMS.resolve("node").resolve("modules"));
        Path socket = directory.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            List<String> argv = new ArrayList<>(
                    List.of("/usr/bin/python3", "-I", "-S", "-c", LAUNCHER, socket.toString(), "" + builder.channels));
            argv.addAll(command.argv());
            ProcessBuilder processes = new ProcessBuilder(argv)
                    .directory(directory.toFile())
                    .redirectOutput(directory.resolve("out").toFile())
                    .redirectError(directory.resolve("err").toFile());
            processes.environment().clear();
            processes.environment().putAll(command.environment());
            process = processes.start();
            for (int i = 0; i < builder.channels; i++) {
                SocketChannel accepted = server.accept();
                sockets.add(accepted);
                channels.add(new Channel(accepted));
            }
        }
        channels.getFirst().init(builder.settings());
    }

    static Builder python(String file, String source) {
        return new Builder(RuntimeKind.PYTHON).file(file, source);
    }

    static Builder node(String file, String source) {
        return new Builder(RuntimeKind.NODE).file(file, source);
    }

    static Builder program(HandlerConvention convention, String... command) {
        Builder builder = new Builder(RuntimeKind.PROGRAM);
        builder.convention = convention;
        builder.command = List.of(command);
        return builder;
    }

    Channel channel() {
        return channels.getFirst();
    }

    Answer get(String path, String query, String... headers) {
        return call(channel(), "GET", path, query, EventForm.HTTP, new byte[0], headers);
    }

    Answer post(String body, String... headers) {
        return post(body.getBytes(StandardCharsets.UTF_8), headers);
    }

    Answer post(byte[] body, String... headers) {
        return call(channel(), "POST", "/", "", EventForm.HTTP, body, headers);
    }

    Answer raw(String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return call(channel(), "POST", "/", "", EventForm.RAW, body);
    }

    static Answer call(
            Channel channel, String method, String path, String query, EventForm form, byte[] body, String... headers) {
        try {
            channel.sendInvoke(head(method, path, query, form, headers), new ByteArrayInputStream(body), body.length);
            return answer(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static InvokeHead head(String method, String path, String query, EventForm form, String... headers) {
        List<HeaderField> fields = new ArrayList<>();
        for (int i = 0; i < headers.length; i += 2) {
            fields.add(new HeaderField(headers[i], headers[i + 1]));
        }
        long deadline = System.currentTimeMillis() + 30_000;
        return new InvokeHead("call-1", method, path, query, "192.0.2.7", deadline, form, fields);
    }

    /** Reads the whole answer and finishes the call. */
    static Answer answer(Channel channel) throws IOException {
        InvokeResult result = channel.receive();
        Answer answer = switch (result) {
            case HandlerReply reply -> {
                Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                reply.headers().forEach(field -> headers.merge(field.name(), field.value(), (a, b) -> a + "|" + b));
                try (InputStream body = reply.body()) {
                    yield new Answer(reply.status(), headers, body.readAllBytes(), null);
                }
            }
            case HandlerFailure failure -> new Answer(0, Map.of(), new byte[0], failure);
        };
        channel.finish();
        return answer;
    }

    /** Writes to the first channel what no {@link Channel} would. */
    void write(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            sockets.getFirst().write(buffer);
        }
    }

    String output() throws IOException {
        return Files.readString(directory.resolve("out"));
    }

    String errors() throws IOException {
        return Files.readString(directory.resolve("err"));
    }

    int awaitExit() throws InterruptedException {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the shim did not end");
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        channels.forEach(Channel::close);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
        delete(directory);
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    private static Path temporaryShims() {
        try {
            Path shims = Files.createTempDirectory("instar-shims");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    delete(shims);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
            RuntimeFiles.extractTo(shims);
            return shims;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What came back: a reply, or a failure and status 0. */
    record Answer(int status, Map<String, String> headers, byte[] body, HandlerFailure failure) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    static final class Builder {
        private final RuntimeKind kind;
        private final Path directory;
        private String handler = "";
        private HandlerConvention convention = HandlerConvention.AUTO;
        private String init = "";
        private int channels = 1;
        private int layers;
        private List<String> command = List.of();
        private boolean template;
        private List<String> warmUp = List.of();
        private Map<String, String> environment = Map.of();

        private Builder(RuntimeKind kind) {
            this.kind = kind;
            try {
                directory = Files.createTempDirectory("instar-shim");
                Files.createDirectories(directory.resolve("function"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Builder file(String name, String content) {
            return write("function/" + name, content);
        }

        Builder layer(int number, String name, String content) {
            layers = Math.max(layers, number + 1);
            return write("layers/" + number + "/" + name, content);
        }

        private Builder write(String name, String content) {
            try {
                Path file = directory.resolve(name);
                Files.createDirectories(file.getParent());
                Files.writeString(file, content);
                return this;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Builder handler(String value) {
            handler = value;
            return this;
        }

        Builder convention(HandlerConvention value) {
            convention = value;
            return this;
        }

        Builder init(String value) {
            init = value;
            return this;
        }

        Builder channels(int value) {
            channels = value;
            return this;
        }

        Builder warmUp(String... events) {
            warmUp = List.of(events);
            return this;
        }

        Builder environment(String name, String value) {
            Map<String, String> more = new HashMap<>(environment);
            more.put(name, value);
            environment = Map.copyOf(more);
            return this;
        }

        Builder template() {
            template = true;
            return this;
        }

        private ShimSettings settings() {
            ShimSettings settings = new ShimSettings(
                    "demo", "team", "7", "i-42", handler, convention, init, channels, 256, 30_000, command, warmUp);
            return template ? settings.forTemplate() : settings;
        }

        /** Starts the shim and leaves it to the caller to await READY. */
        Shim launch() {
            try {
                return new Shim(this);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Starts the shim and awaits READY with the given convention. */
        Shim start(HandlerConvention expected) {
            Shim shim = launch();
            InitResult result = shim.channel().awaitReady();
            if (!result.equals(new InitResult.Ready(expected))) {
                try (shim) {
                    throw new AssertionError("not ready as " + expected + " but " + result);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return shim;
        }

        /** Starts the shim, expects that it fails, and says how. */
        InitResult.InitFailure fail() throws Exception {
            try (Shim shim = launch()) {
                InitResult result = shim.channel().awaitReady();
                if (!(result instanceof InitResult.InitFailure failure)) {
                    throw new AssertionError("expected a failure, not " + result);
                }
                if (shim.awaitExit() != 1) {
                    throw new AssertionError("expected exit status 1");
                }
                return failure;
            }
        }
    }
}
