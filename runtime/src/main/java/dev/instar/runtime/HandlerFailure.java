package dev.instar.runtime;

/**
 * The handler raised an error. The instance stays usable.
 *
 * @param type the error's class, such as {@code KeyError}
 * @param message fit to be shown to the function's owner
 * @param trace stack trace or last lines of standard error; may be empty
 */
public record HandlerFailure(String type, String message, String trace) implements InvokeResult {}
