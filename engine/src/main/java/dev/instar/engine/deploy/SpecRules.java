package dev.instar.engine.deploy;

import dev.instar.engine.FunctionSpec;
import dev.instar.engine.InvalidRequestException;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What a spec must satisfy beyond the ranges of its single fields. */
final class SpecRules {
    /** Longest time from the acceptance of a call to the end of its reply, when nothing is said. */
    static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(1);

    private static final int MAX_ENTRIES = 256;
    private static final int MAX_LAYERS = 16;
    private static final int MAX_TRIGGERS = 32;
    private static final Duration LONGEST_KEEP_ALIVE = Duration.ofDays(30);
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,255}");

    private SpecRules() {}

    /** A program of which nothing else is said is a classic watchdog: there is nothing to recognise in a program. */
    static HandlerConvention conventionOf(RuntimeKind runtime, HandlerConvention said) {
        return runtime == RuntimeKind.PROGRAM && said == HandlerConvention.AUTO ? HandlerConvention.WATCHDOG : said;
    }

    /**
     * The spec itself.
     *
     * @throws InvalidRequestException naming the field that breaks a rule
     */
    static FunctionSpec require(FunctionSpec spec) {
        requireRuntime(spec);
        if (!spec.code().isEmpty()) {
            Digest.require("code", spec.code());
        }
        spec.layers().forEach(layer -> Digest.require("layers", layer));
        requireCount("layers", spec.layers(), MAX_LAYERS);
        requireCount("command", spec.command(), MAX_ENTRIES);
        requireCount("secrets", spec.secrets(), MAX_ENTRIES);
        requireCount("warm-up", spec.warmUp(), MAX_ENTRIES);
        requireCount("triggers", spec.triggers(), MAX_TRIGGERS);
        spec.secrets().forEach(SecretName::require);
        if (new HashSet<>(spec.secrets()).size() != spec.secrets().size()) {
            throw new InvalidRequestException("secrets: a secret is named twice");
        }
        spec.triggers().forEach(trigger -> CronSchedule.parse(trigger.schedule()));
        requireEnvironment(spec.environment());
        requireTexts("labels", spec.labels());
        requireTexts("annotations", spec.annotations());
        requireNoNul("handler", List.of(spec.handler(), spec.init()));
        requireNoNul("command", spec.command());
        requireNoNul("warm-up", spec.warmUp());
        if (spec.scaling().keepAlive().time().compareTo(LONGEST_KEEP_ALIVE) > 0) {
            throw new InvalidRequestException("keep-alive must be at most 30 days (720h)");
        }
        return spec;
    }

    /**
     * The spec itself, when nothing is to be added to it any more.
     *
     * @throws InvalidRequestException naming the field that breaks a rule
     */
    static FunctionSpec requireComplete(FunctionSpec spec) {
        if (spec.runtime() != RuntimeKind.PROGRAM && spec.code().isEmpty()) {
            throw new InvalidRequestException("image: a " + Words.of(spec.runtime())
                    + " function needs code; upload its folder with instar deploy");
        }
        return require(spec);
    }

    private static void requireRuntime(FunctionSpec spec) {
        boolean program = spec.runtime() == RuntimeKind.PROGRAM;
        boolean programConvention =
                spec.convention() == HandlerConvention.WATCHDOG || spec.convention() == HandlerConvention.HTTP_SERVER;
        if (program && spec.command().isEmpty()) {
            throw new InvalidRequestException("command: a program needs a command, such as [\"/usr/bin/wc\", \"-c\"]; "
                    + "for Python and Node.js say runtime: python or runtime: node");
        }
        if (!program && !spec.command().isEmpty()) {
            throw new InvalidRequestException(
                    "command: only programs have one; say runtime: program, or name a handler");
        }
        if (program != programConvention) {
            throw new InvalidRequestException("convention: " + Words.of(spec.convention())
                    + " does not go with runtime " + Words.of(spec.runtime())
                    + "; watchdog and http-server are for programs, the others are not");
        }
    }

    private static void requireEnvironment(Map<String, String> environment) {
        requireTexts("env", environment);
        environment.keySet().forEach(name -> {
            if (!VARIABLE.matcher(name).matches()) {
                throw new InvalidRequestException("env: a variable's name must be letters, digits, '_', '.' and '-', "
                        + "not starting with a digit: \"" + name + "\"");
            }
        });
    }

    private static void requireTexts(String field, Map<String, String> texts) {
        requireCount(field, texts.keySet(), MAX_ENTRIES);
        requireNoNul(field, texts.keySet());
        requireNoNul(field, texts.values());
        if (texts.containsKey("")) {
            throw new InvalidRequestException(field + ": a name is empty");
        }
    }

    private static void requireCount(String field, Collection<?> items, int most) {
        if (items.size() > most) {
            throw new InvalidRequestException(
                    field + ": " + items.size() + " entries, at most " + most + " are allowed");
        }
    }

    private static void requireNoNul(String field, Collection<String> texts) {
        if (texts.stream().anyMatch(text -> text.indexOf('\0') >= 0)) {
            throw new InvalidRequestException(field + ": a NUL character is not allowed");
        }
    }
}
