package dev.instar.cli.client;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.Json;
import dev.instar.cli.NotFoundOnNode;
import java.net.URI;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Turns an error that the gateway answered into the message and exit status the user sees. */
final class GatewayError {
    private static final int LONGEST_MESSAGE = 2000;

    private GatewayError() {}

    static CommandException of(int status, String body, URI gateway) {
        String message = message(body);
        return switch (status) {
            case 401 ->
                new CommandException(
                        ExitStatus.NO_ACCESS,
                        gateway + " does not accept the credentials: run `instar login`, or set INSTAR_TOKEN or"
                                + " INSTAR_PASSWORD");
            case 403 -> new CommandException(ExitStatus.NO_ACCESS, otherwise(message, "not allowed with this token"));
            case 400, 405, 413, 415, 422 -> CommandException.badInput(otherwise(message, "HTTP status " + status));
            case 404 -> new NotFoundOnNode(otherwise(message, "not found"));
            case 429, 503 ->
                CommandException.failed(otherwise(message, "the node is busy or draining") + ": try again later");
            default -> CommandException.failed(otherwise(message, "HTTP status " + status + " from " + gateway));
        };
    }

    /** The gateway answers errors as JSON or as plain text. */
    private static String message(String body) {
        String text = body.strip();
        if (text.startsWith("{")) {
            try {
                JsonNode json = Json.parse(text);
                for (String field : List.of("error", "message", "detail", "title")) {
                    if (json.path(field).isString()) {
                        return json.path(field).stringValue();
                    }
                }
            } catch (JacksonException e) {
                return shortened(text);
            }
        }
        return shortened(text);
    }

    private static String shortened(String text) {
        return text.length() > LONGEST_MESSAGE ? text.substring(0, LONGEST_MESSAGE) + "…" : text;
    }

    private static String otherwise(String message, String fallback) {
        return message.isBlank() ? fallback : message;
    }
}
