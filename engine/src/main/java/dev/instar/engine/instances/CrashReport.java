package dev.instar.engine.instances;

/** Finds out why an instance was lost, takes it out of its pool and writes the reason to the function's log. */
final class CrashReport {
    private CrashReport() {}

    /**
     * Deals with an instance whose channel failed or whose process ended.
     *
     * @param complaint what to say if its process has not ended
     * @return the reason, for the caller of the function
     */
    static String take(Instance instance, String complaint) {
        EndCause cause = instance.endCause();
        if (cause != null && cause != EndCause.CRASHED) {
            return "its instance was ended because " + cause.explanation();
        }
        String reason = LossReason.of(
                instance.sandbox(), instance.version().spec().limits().memoryBytes(), complaint);
        if (instance.pool().end(instance, EndCause.CRASHED)) {
            instance.output().remark("instance lost: " + reason);
            instance.output().lastErrors().forEach(line -> instance.output().remark("last output: " + line));
        }
        return reason;
    }
}
