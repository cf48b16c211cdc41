package dev.instar.engine.node;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionService;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.TemplateService;
import dev.instar.engine.TemplateStatus;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node without templates: every start is cold. Thread-safe. */
final class NoTemplates implements TemplateService {
    private static final String REASON = "this node makes no templates";

    private final FunctionService functions;

    NoTemplates(FunctionService functions) {
        this.functions = functions;
    }

    @Override
    public List<TemplateStatus> list(String namespace) {
        return functions.list(namespace).stream().map(NoTemplates::off).toList();
    }

    @Override
    public TemplateStatus describe(FunctionName function) {
        return off(functions.describe(function));
    }

    @Override
    public void rebuild(FunctionName function) {
        throw refusal(function);
    }

    @Override
    public void export(FunctionName function, OutputStream out, char @Nullable [] passphrase, boolean withSecrets) {
        throw refusal(function);
    }

    @Override
    public TemplateStatus importImage(FunctionName function, InputStream in, char @Nullable [] passphrase) {
        throw refusal(function);
    }

    private static TemplateStatus off(FunctionStatus status) {
        return new TemplateStatus(
                status.current().spec().name(),
                status.current().number(),
                TemplateStatus.State.OFF,
                REASON,
                List.of(),
                null);
    }

    private InvalidRequestException refusal(FunctionName function) {
        functions.describe(function);
        return new InvalidRequestException(REASON);
    }
}
