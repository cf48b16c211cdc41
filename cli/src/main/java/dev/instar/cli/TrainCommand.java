package dev.instar.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code instar train}: runs through what commands usually do, so that the virtual machine can record the classes for
 * its ahead-of-time cache. Talks only to a server of its own.
 */
@Command(name = "train", hidden = true, description = "Exercise the program for the ahead-of-time cache.")
final class TrainCommand implements Callable<Integer> {
    /** What is started. */
    enum Part {
        CLIENT,
        NODE
    }

    private final Console console;

    @Parameters(paramLabel = "PART", description = "client or node.")
    private Part part = Part.CLIENT;

    TrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        return switch (part) {
            case CLIENT -> client();
            case NODE -> new NodeTraining(console).run();
        };
    }

    private int client() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", TrainCommand::answer);
        server.start();
        try {
            String gateway = "http://127.0.0.1:" + server.getAddress().getPort();
            Console silent = new Console(
                    new ByteArrayInputStream(new byte[0]),
                    new PrintStream(OutputStream.nullOutputStream()),
                    new PrintStream(OutputStream.nullOutputStream()),
                    Map.of("INSTAR_PASSWORD", "training"),
                    false);
            for (String command :
                    new String[] {"list", "list --json", "status", "secret list", "invoke noop", "logs noop"}) {
                String[] words = (command + " --gateway " + gateway).split(" ");
                if (CommandTree.run(silent, words) != ExitStatus.OK) {
                    throw CommandException.failed("training failed at: " + command);
                }
            }
            CommandTree.run(silent, "version");
            return ExitStatus.OK;
        } finally {
            server.stop(0);
        }
    }

    private static void answer(HttpExchange exchange) {
        String body = switch (exchange.getRequestURI().getPath()) {
            case "/system/functions", "/system/secrets" ->
                "[{\"name\":\"noop\",\"namespace\":\"default\",\"image\":\"\",\"replicas\":1,"
                        + "\"createdAt\":\"2024-01-01T00:00:00Z\"}]";
            case "/system/logs" -> "{\"timestamp\":\"2024-01-01T00:00:00Z\",\"instance\":\"i\",\"text\":\"t\"}";
            default -> "{\"instances\":1}";
        };
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
