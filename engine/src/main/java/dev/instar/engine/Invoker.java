package dev.instar.engine;

import java.io.IOException;

/** Calls functions. Thread-safe; made for one virtual thread per call. */
public interface Invoker {
    /**
     * Serves one call: takes an idle instance or starts one, hands the call over, passes the reply on. Blocks until the
     * reply is complete, at most for the function's timeout.
     *
     * @throws NotFoundException if the function is not deployed
     * @throws OverloadedException if its queue or the node is full
     * @throws QuotaExceededException if the namespace calls faster than it may
     * @throws DeadlineExceededException if the timeout passed before the reply began
     * @throws StartFailedException if no instance could be started
     * @throws InstanceFailedException if the instance crashed or its handler failed before the reply began
     * @throws PayloadTooLargeException from reading the call's body
     * @throws IOException if the caller went away; also if the reply broke off after it began, so that the caller sees
     *     it broken
     */
    void invoke(Call call, Reply reply) throws IOException;
}
