package dev.instar.runtime;

/** How loading the handler went. */
public sealed interface InitResult {
    /**
     * The handler is loaded, and its init hook and warm-up events went well.
     *
     * @param convention the convention that was given or recognised; never {@code AUTO}
     */
    record Ready(HandlerConvention convention) implements InitResult {}

    /**
     * Loading failed; the shim ends its process.
     *
     * @param type the error's class, such as {@code SyntaxError}
     * @param message fit to be shown to the function's owner
     * @param trace stack trace; may be empty
     */
    record InitFailure(String type, String message, String trace) implements InitResult {}
}
