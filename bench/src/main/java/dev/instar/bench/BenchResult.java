package dev.instar.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What one method made of one function.
 *
 * @param function the function's name
 * @param method what was done, such as {@code warm} or {@code cold}
 * @param count how often it succeeded
 * @param failed how often it did not
 * @param ms time as the caller saw it
 * @param phases times of its parts, by name, as the node told
 * @param perSecond successes for each second of the run
 * @param sandboxShare the part of all starts' time that went into having a sandbox, with a clone in it where one is
 *     seated ahead: the phases {@code start.sandbox} and {@code start.seat}; 0 where nothing was started
 * @param memoryKib an instance's memory afterwards
 * @param failures how those that failed were answered
 */
public record BenchResult(
        String function,
        String method,
        long count,
        long failed,
        Distribution ms,
        Map<String, Distribution> phases,
        double perSecond,
        double sandboxShare,
        Memory memoryKib,
        List<Failures.Group> failures) {
    public BenchResult {
        failures = List.copyOf(failures);
    }

    /** Private and shared memory of the function's instances, in KiB; zero where it was not asked for. */
    public record Memory(@JsonProperty("private") long own, long shared) {}
}
