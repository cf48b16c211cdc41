package dev.instar.gateway;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StorageException;
import dev.instar.engine.TemplateService;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TemplateStatus.ImageFacts;
import dev.instar.engine.TemplateStatus.State;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Templates in memory: content of a test's choice, "encrypted" by having the passphrase in front. */
final class MemoryTemplates implements TemplateService {
    private record Template(byte[] content, boolean mayHoldSecrets) {}

    /** Lets exports write everything and then fail. */
    volatile boolean failAtTheEnd;

    private final MemoryFunctions functions;
    private final Map<FunctionName, Template> ready = new ConcurrentHashMap<>();
    private final Map<FunctionName, String> refused = new ConcurrentHashMap<>();

    MemoryTemplates(MemoryFunctions functions) {
        this.functions = functions;
    }

    /** Gives a function a template. */
    void make(FunctionName function, byte[] content, boolean mayHoldSecrets) {
        ready.put(function, new Template(content, mayHoldSecrets));
    }

    /** Lets a function have no template. */
    void refuse(FunctionName function, String reason) {
        refused.put(function, reason);
    }

    @Override
    public List<TemplateStatus> list(String namespace) {
        return functions.list(namespace).stream().map(this::status).toList();
    }

    @Override
    public TemplateStatus describe(FunctionName function) {
        return status(functions.describe(function));
    }

    private TemplateStatus status(FunctionStatus function) {
        FunctionName name = function.current().spec().name();
        int version = function.current().number();
        Template template = ready.get(name);
        if (template != null) {
            ImageFacts facts = new ImageFacts(
                    "sha256:" + template.content().length,
                    Instant.EPOCH,
                    template.content().length,
                    4096,
                    8192,
                    12,
                    3,
                    template.mayHoldSecrets());
            return new TemplateStatus(name, version, State.READY, "", List.of("a seeded generator"), facts);
        }
        String reason = refused.getOrDefault(name, "");
        return new TemplateStatus(
                name, version, reason.isEmpty() ? State.PREPARING : State.REFUSED, reason, List.of(), null);
    }

    @Override
    public void rebuild(FunctionName function) {
        functions.describe(function);
        ready.remove(function);
        refused.remove(function);
    }

    @Override
    public void export(FunctionName function, OutputStream out, char @Nullable [] passphrase, boolean withSecrets)
            throws IOException {
        functions.describe(function);
        Template template = ready.get(function);
        if (template == null) {
            throw MemoryEngine.absent("template of " + function);
        }
        if (template.mayHoldSecrets() && !withSecrets) {
            throw new InvalidRequestException("the image may hold secrets");
        }
        out.write(front(passphrase));
        out.write(template.content());
        if (failAtTheEnd) {
            throw new StorageException("the image cannot be read");
        }
    }

    @Override
    public TemplateStatus importImage(FunctionName function, InputStream in, char @Nullable [] passphrase)
            throws IOException {
        functions.describe(function);
        byte[] front = front(passphrase);
        if (!Arrays.equals(in.readNBytes(front.length), front)) {
            throw new InvalidRequestException("the image is damaged, or the passphrase is another");
        }
        make(function, in.readAllBytes(), false);
        return describe(function);
    }

    private static byte[] front(char @Nullable [] passphrase) {
        String text = passphrase == null ? "plain:" : "sealed by " + new String(passphrase) + ":";
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
