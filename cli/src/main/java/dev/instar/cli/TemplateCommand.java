package dev.instar.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code instar template …}. */
@Command(
        name = "template",
        description = "Memory templates: what instances are cloned from, so that they need not start cold.")
final class TemplateCommand extends GatewayGroup {
    private static final String PATH = "/system/template";
    /** With what the request carries besides, well within what a gateway takes as headers. */
    private static final int LONGEST_PASSPHRASE = 4096;

    TemplateCommand(Console console) {
        super(console);
    }

    @Command(name = "list", aliases = "ls", description = "List how the functions of a namespace stand.")
    int list() {
        return with(client -> {
            JsonNode templates = client.get("/system/templates", Map.of("namespace", node.namespace()));
            if (node.json()) {
                Json.print(templates, console.out());
                return ExitStatus.OK;
            }
            Table table = Table.of("NAME", "VERSION>", "STATE", "CONTENT>", "ADDED>", "SHARED>", "WARNINGS>", "REASON");
            for (JsonNode template : templates) {
                JsonNode image = template.path("image");
                table.row(
                        Output.text(template, "name"),
                        Output.text(template, "version"),
                        Output.text(template, "state"),
                        bytes(image, "contentBytes"),
                        bytes(image, "addedBytes"),
                        bytes(image, "sharedBytes"),
                        template.path("warnings").size(),
                        template.path("reason").asString(""));
            }
            table.print(console.out());
            return ExitStatus.OK;
        });
    }

    @Command(
            name = "describe",
            description = "Show a function's template: why there is none, what clones share, what it consists of.")
    int describe(@Parameters(paramLabel = "NAME", description = "The function.") String name) {
        FunctionAddress function = node.function(name);
        return with(client -> {
            JsonNode template = client.get(function.under(PATH), function.query());
            if (node.json()) {
                Json.print(template, console.out());
                return ExitStatus.OK;
            }
            line("function", function.toString());
            line("version", Output.text(template, "version"));
            line("state", Output.text(template, "state"));
            if (!template.path("reason").asString("").isEmpty()) {
                line("reason", Output.text(template, "reason"));
            }
            template.path("warnings").forEach(warning -> line("warning", warning.asString()));
            if (template.has("image")) {
                image(template.path("image"));
            }
            return ExitStatus.OK;
        });
    }

    @Command(name = "rebuild", description = "Make a function's template anew, in the background.")
    int rebuild(@Parameters(paramLabel = "NAME", description = "The function.") String name) {
        FunctionAddress function = node.function(name);
        return with(client -> {
            client.send("POST", function.under(PATH) + "/rebuild", function.query());
            if (node.json()) {
                Json.print(
                        Json.object().put("name", function.name()).put("namespace", function.namespace()),
                        console.out());
            } else {
                console.err()
                        .println("a template of " + function + " is being made; `instar template describe " + function
                                + "` shows how it stands");
            }
            return ExitStatus.OK;
        });
    }

    @Command(
            name = "export",
            description = {
                "Write a template's image into a file, for another node with the same function.",
                "It holds the function's memory: whoever reads it reads what the function had read."
            })
    int export(
            @Parameters(index = "0", paramLabel = "NAME", description = "The function.") String name,
            @Parameters(index = "1", paramLabel = "FILE", description = "The file to write; must not exist.") Path file,
            @Option(
                            names = "--passphrase-file",
                            paramLabel = "FILE",
                            defaultValue = "",
                            description = "Encrypt it with the passphrase in this file; - for standard input.")
                    String passphraseFile,
            @Option(names = "--plain", description = "Do not encrypt it.") boolean plain,
            @Option(names = "--with-secrets", description = "Also if the image may hold secrets.")
                    boolean withSecrets) {
        if (plain != passphraseFile.isEmpty()) {
            throw CommandException.badInput(
                    "say how the image is to be protected: --passphrase-file FILE, or --plain for not at all");
        }
        FunctionAddress function = node.function(name);
        Map<String, String> query = new HashMap<>(function.query());
        if (withSecrets) {
            query.put("with-secrets", "yes");
        }
        Map<String, String> headers = passphrase(passphraseFile);
        return with(client -> {
            long bytes = new Progress(console)
                    .step(
                            "exporting the template of " + function,
                            () -> client.download(function.under(PATH) + "/image", query, headers, file));
            if (node.json()) {
                Json.print(
                        Json.object()
                                .put("name", function.name())
                                .put("namespace", function.namespace())
                                .put("file", file.toString())
                                .put("bytes", bytes),
                        console.out());
            } else {
                console.err().println("wrote " + Output.bytes(bytes) + " to " + file);
            }
            return ExitStatus.OK;
        });
    }

    @Command(name = "import", description = "Use an exported image as the template of a function's current version.")
    int importImage(
            @Parameters(index = "0", paramLabel = "NAME", description = "The function.") String name,
            @Parameters(index = "1", paramLabel = "FILE", description = "The image.") Path file,
            @Option(
                            names = "--passphrase-file",
                            paramLabel = "FILE",
                            defaultValue = "",
                            description = "What the image was encrypted with; - for standard input.")
                    String passphraseFile) {
        if (!Files.isRegularFile(file)) {
            throw CommandException.badInput("there is no file " + file);
        }
        FunctionAddress function = node.function(name);
        Map<String, String> headers = passphrase(passphraseFile);
        return with(client -> {
            JsonNode template = new Progress(console)
                    .step(
                            "importing a template of " + function + " ("
                                    + Output.bytes(file.toFile().length()) + ")",
                            () -> client.uploadImage(function.under(PATH) + "/image", function.query(), headers, file));
            if (node.json()) {
                Json.print(template, console.out());
            } else {
                console.err().println("the template of " + function + " is " + TemplateNotes.state(template));
                TemplateNotes.warnings(template)
                        .forEach(warning -> console.err().println("instar: " + warning));
            }
            return ExitStatus.OK;
        });
    }

    private void image(JsonNode image) {
        line("image", Output.text(image, "id"));
        line("captured", Output.text(image, "createdAt"));
        line("content", bytes(image, "contentBytes"));
        line("added to pool", bytes(image, "addedBytes"));
        line("shared", bytes(image, "sharedBytes"));
        line("regions", Output.text(image, "regions"));
        line("threads", Output.text(image, "threads"));
        line("secrets", image.path("mayHoldSecrets").asBoolean(true) ? "may be in it" : "none");
    }

    private void line(String name, String value) {
        console.out().printf("%-14s %s%n", name + ":", Output.printable(value));
    }

    private static String bytes(JsonNode image, String field) {
        return image.has(field) ? Output.bytes(image.path(field).asLong(0)) : "-";
    }

    /** The header that carries the file's passphrase; none without a file. Line ends at its end are not part of it. */
    private Map<String, String> passphrase(String file) {
        if (file.isEmpty()) {
            return Map.of();
        }
        byte[] bytes = InputText.read(file.equals("-") ? "-" : "@" + file, console.in());
        int length = bytes.length;
        while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r')) {
            length--;
        }
        ByteBuffer passphrase = ByteBuffer.wrap(bytes, 0, length).slice();
        try {
            StandardCharsets.UTF_8.newDecoder().decode(passphrase.duplicate());
        } catch (CharacterCodingException e) {
            throw new CommandException(ExitStatus.BAD_INPUT, "the passphrase in " + file + " is not UTF-8", e);
        }
        if (length == 0 || length > LONGEST_PASSPHRASE) {
            throw CommandException.badInput(
                    "the passphrase in " + file + " must have 1 to " + LONGEST_PASSPHRASE + " bytes");
        }
        return Map.of(
                "X-Instar-Passphrase",
                StandardCharsets.US_ASCII
                        .decode(Base64.getEncoder().encode(passphrase))
                        .toString());
    }
}
