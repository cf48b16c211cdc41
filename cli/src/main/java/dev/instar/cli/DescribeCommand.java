package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code instar describe}. */
@Command(name = "describe", description = "Show a function, its settings, its template and its versions.")
final class DescribeCommand extends GatewayCommand {
    @Parameters(paramLabel = "NAME", description = "The function.")
    private String name = "";

    DescribeCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        FunctionAddress address = node.function(name);
        JsonNode function = client.get(address.under("/system/function"), address.query());
        JsonNode versions = client.get(address.under("/system/function") + "/versions", address.query());
        Optional<JsonNode> template = TemplateNotes.find(client, address);
        if (node.json()) {
            ObjectNode all = Json.object();
            all.set("function", function);
            all.set("versions", versions);
            template.ifPresent(found -> all.set("template", found));
            Json.print(all, console.out());
            return ExitStatus.OK;
        }
        function.properties().forEach(field -> {
            String shown = line(field.getValue());
            if (!shown.isEmpty()) {
                console.out().printf("%-20s %s%n", field.getKey() + ":", shown);
            }
        });
        template.ifPresent(found -> console.out().printf("%-20s %s%n", "template:", TemplateNotes.state(found)));
        console.out().println();
        Table table = Table.of("VERSION>", "DIGEST", "CREATED");
        for (JsonNode version : versions) {
            table.row(
                    Output.text(version, "version"), Output.text(version, "digest"), Output.text(version, "createdAt"));
        }
        table.print(console.out());
        return ExitStatus.OK;
    }

    /** Empty for what is not set. */
    private static String line(JsonNode value) {
        if (value.isNull() || (value.isContainer() && value.isEmpty())) {
            return "";
        }
        return value.isValueNode() ? value.asString() : Json.compact(value);
    }
}
