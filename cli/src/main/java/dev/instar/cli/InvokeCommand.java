package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.client.UriText;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code instar invoke}. */
@Command(
        name = "invoke",
        aliases = "call",
        description = "Call a function; its reply goes to standard output. A reply of 400 or more is exit status 1.")
final class InvokeCommand extends GatewayCommand {
    private static final Pattern METHOD = Pattern.compile("[A-Za-z]{1,32}");

    @Parameters(paramLabel = "NAME", description = "The function.")
    private String name = "";

    @Option(
            names = {"-d", "--data"},
            paramLabel = "DATA",
            description = "Request body: text, @FILE, or - for standard input.")
    private String data = "";

    @Option(
            names = {"-X", "--method"},
            paramLabel = "METHOD",
            description = "Default: POST with --data, else GET.")
    private String method = "";

    @Option(
            names = {"-H", "--header"},
            paramLabel = "NAME: VALUE",
            description = "Request header; may be repeated.")
    private List<String> headers = List.of();

    @Option(
            names = "--path",
            paramLabel = "PATH",
            description = "What follows the function in the path, query included.")
    private String path = "";

    @Option(names = "--async", description = "Queue the call and do not wait for it.")
    private boolean async;

    @Option(names = "--callback", paramLabel = "URL", description = "With --async: where the result is posted.")
    private String callback = "";

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "How long to wait for the reply. Default: 300.")
    private int seconds = 300;

    @Option(
            names = {"-v", "--verbose"},
            description = "Show on standard error how the call was served.")
    private boolean verbose;

    InvokeCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        FunctionAddress function = node.function(name);
        String verb = method.isEmpty() ? data.isEmpty() ? "GET" : "POST" : method.toUpperCase(Locale.ROOT);
        if (!METHOD.matcher(verb).matches()) {
            throw CommandException.badInput("not an HTTP method: \"" + method + "\"");
        }
        if (seconds < 1) {
            throw CommandException.badInput("--timeout must be at least 1 second");
        }
        byte[] body = data.isEmpty() ? new byte[0] : InputText.read(data, console.in());
        HttpResponse<InputStream> response = client.call(
                verb,
                target(function),
                requestHeaders(),
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body),
                Duration.ofSeconds(seconds));
        if (verbose) {
            showServing(response);
        }
        return pass(response);
    }

    private String target(FunctionAddress function) {
        String prefix = async ? "/async-function/" : "/function/";
        String rest = path.isEmpty() || path.startsWith("/") || path.startsWith("?") ? path : "/" + path;
        return prefix + UriText.escape(function.name()) + "." + UriText.escape(function.namespace()) + rest;
    }

    private Map<String, String> requestHeaders() {
        Map<String, String> parsed = new HashMap<>();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon < 1) {
                throw CommandException.badInput("a header looks like \"Name: value\", not \"" + header + "\"");
            }
            parsed.put(
                    header.substring(0, colon).strip(),
                    header.substring(colon + 1).strip());
        }
        if (!callback.isEmpty()) {
            if (!async) {
                throw CommandException.badInput("--callback needs --async");
            }
            parsed.put("X-Callback-Url", callback);
        }
        return parsed;
    }

    private void showServing(HttpResponse<InputStream> response) {
        console.err().println("HTTP " + response.statusCode());
        new TreeMap<>(response.headers().map())
                .forEach((header, values) -> console.err().println(header + ": " + String.join(", ", values)));
    }

    private int pass(HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            if (node.json()) {
                Json.print(described(response, body.readAllBytes()), console.out());
            } else {
                body.transferTo(console.out());
                console.out().flush();
            }
        } catch (IOException e) {
            throw new CommandException(ExitStatus.FAILED, "the reply broke off: " + e.getMessage(), e);
        }
        return status(response.statusCode());
    }

    private static ObjectNode described(HttpResponse<InputStream> response, byte[] body) {
        ObjectNode reply = Json.object().put("status", response.statusCode());
        ObjectNode replyHeaders = reply.putObject("headers");
        response.headers().map().forEach((header, values) -> replyHeaders.put(header, String.join(", ", values)));
        String text = new String(body, StandardCharsets.UTF_8);
        boolean lossless = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), body);
        return lossless
                ? reply.put("body", text)
                : reply.put("bodyBase64", Base64.getEncoder().encodeToString(body));
    }

    private int status(int httpStatus) {
        if (httpStatus < 400) {
            if (async && !node.json()) {
                console.err().println("accepted");
            }
            return ExitStatus.OK;
        }
        console.err().println("instar: HTTP status " + httpStatus);
        return httpStatus == 401 || httpStatus == 403 ? ExitStatus.NO_ACCESS : ExitStatus.FAILED;
    }
}
