package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** How a function stands with its memory template, in the words of commands that are about more than that. */
final class TemplateNotes {
    private TemplateNotes() {}

    /** What the node says now, without waiting for a template that is being made; nothing if the function has gone. */
    static Optional<JsonNode> find(GatewayClient client, FunctionAddress function) {
        try {
            return Optional.of(client.get(function.under("/system/template"), function.query()));
        } catch (NotFoundOnNode _) {
            return Optional.empty();
        }
    }

    /** State and reason in one line. */
    static String state(JsonNode template) {
        String reason = template.path("reason").asString("");
        return Output.printable(Output.text(template, "state") + (reason.isEmpty() ? "" : ": " + reason));
    }

    /** What the author should know: why there is no template against their wish, and what clones share. */
    static List<String> warnings(JsonNode template) {
        List<String> warnings = new ArrayList<>();
        String name = Output.text(template, "name");
        if (template.path("state").asString("").equals("refused")) {
            warnings.add(name + " starts cold, its template is " + state(template));
        }
        template.path("warnings").forEach(warning -> warnings.add(Output.printable(name + ": " + warning.asString())));
        return warnings;
    }
}
