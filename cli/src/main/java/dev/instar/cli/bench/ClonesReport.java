package dev.instar.cli.bench;

import dev.instar.bench.Environment;
import java.util.List;
import java.util.Map;

/**
 * What a comparison of clones with cold starts has found.
 *
 * @param environment where
 * @param seed of the first program; the others' are those that follow
 * @param programs by runtime
 * @param calls of each instance
 * @param seconds how long it took
 * @param templates how many programs had one
 * @param clones how many instances came from a template and were compared
 * @param coldInstances how many they were compared with
 * @param startedCold how many instances came to be by a cold start although there was a template
 * @param unexpectedTemplates programs with something that cannot be cloned that nevertheless had a template
 * @param refused how many programs were refused a template, by reason
 * @param parts how many programs with a template had each part, by runtime and name
 * @param differences what differed
 */
public record ClonesReport(
        Environment environment,
        long seed,
        Map<String, Integer> programs,
        int calls,
        long seconds,
        int templates,
        int clones,
        int coldInstances,
        int startedCold,
        int unexpectedTemplates,
        Map<String, Integer> refused,
        Map<String, Integer> parts,
        List<Difference> differences) {

    /**
     * An answer that was not the same.
     *
     * @param seed of the program
     * @param runtime of the program
     * @param parts what the program is made of
     * @param kind {@code clone} if it differs from the cold start's, {@code program} if cold starts themselves differ
     *     or fail, {@code node} if the node did not do what it was asked to
     * @param inputs of the calls up to this one
     * @param expected what the cold start answered
     * @param actual what was answered
     */
    public record Difference(
            long seed,
            String runtime,
            List<String> parts,
            String kind,
            List<Integer> inputs,
            String expected,
            String actual) {}
}
