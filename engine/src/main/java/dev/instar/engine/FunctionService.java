package dev.instar.engine;

import java.util.List;

/**
 * Deployment and life of functions. Every method that changes something is atomic and durable when it returns.
 * Thread-safe.
 */
public interface FunctionService {
    /**
     * Makes the spec the function's current version; running calls finish on the version they started on. Deploying
     * content that equals an earlier version makes that version current again.
     *
     * @throws InvalidRequestException if the code, a layer or a secret does not exist, or the handler cannot be used
     * @throws QuotaExceededException if the namespace may not have a further function
     * @throws NotFoundException if the namespace does not exist
     */
    FunctionVersion deploy(FunctionSpec spec);

    /**
     * All functions of a namespace, by name.
     *
     * @throws NotFoundException if there is no such namespace
     */
    List<FunctionStatus> list(String namespace);

    /** @throws NotFoundException if it is not deployed */
    FunctionStatus describe(FunctionName name);

    /**
     * All kept versions, newest first.
     *
     * @throws NotFoundException if it is not deployed
     */
    List<FunctionVersion> versions(FunctionName name);

    /**
     * Makes an earlier version current again.
     *
     * @param number the version's number, or 0 for the one that was current before
     * @throws NotFoundException if there is no such function or version
     */
    FunctionVersion rollback(FunctionName name, int number);

    /**
     * Asks for a number of instances to be kept alive, until the next deploy.
     *
     * @throws InvalidRequestException if above the function's maximum
     */
    void scale(FunctionName name, int replicas);

    /**
     * Ends all instances that the function has now, running calls or not; calls that wait, and those that come, get new
     * ones. Returns when their processes are gone.
     *
     * @return how many were ended
     * @throws NotFoundException if not deployed
     */
    int endInstances(FunctionName name);

    /**
     * Removes the function, its versions and its idle instances; running calls finish.
     *
     * @throws NotFoundException if not deployed
     */
    void remove(FunctionName name);
}
