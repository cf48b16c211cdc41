package dev.instar.engine.templates;

import dev.instar.sandbox.EscapeSuite;
import dev.instar.sandbox.RunningProgram;
import dev.instar.template.zygote.Zygote;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * The same hostile programs in clones of a template, where they fail in the same ways. Those in Python run in the
 * clone's own interpreter; the clone executes the others, which have its rights, filter and descriptors from it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TemplateEscapeTest extends EscapeSuite {
    private static final String HOST_OF_ATTACKS = """
            import os, sys
            os.write(3, b"ready\\n")
            message = os.read(3, 65536).decode().split("\\0")
            count = int(message[0])
            command = message[1:1 + count]
            os.environ.clear()
            for each in message[1 + count:]:
                name, _, value = each.partition("=")
                os.environ[name] = value
            if not command[0].endswith("python3"):
                os.execv(command[0], command)
            program = next(word for word in command if word.endswith(".py"))
            sys.argv = command[command.index(program):]
            sys.path[0] = "/function"
            with open(program) as file:
                source = file.read()
            del message, count, each, name, value, command, file
            exec(compile(source, program, "exec"), {"__name__": "__main__"})
            """;

    private CapturedProgram program;
    private Zygote zygote;
    private boolean ahead;

    @BeforeAll
    void capture() throws Exception {
        program = CapturedProgram.take(fixture(), HOST_OF_ATTACKS);
        zygote = program.zygote();
    }

    @AfterAll
    void end() {
        zygote.close();
        program.close();
    }

    @Override
    protected RunningProgram start(List<String> command, Map<String, String> environment) throws Exception {
        String variables = environment.entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue())
                .collect(Collectors.joining("\0"));
        String message = command.size() + "\0" + String.join("\0", command) + "\0PATH=/usr/bin:/bin\0" + variables;
        ahead = !ahead;
        return program.start(zygote, ahead, message);
    }
}
