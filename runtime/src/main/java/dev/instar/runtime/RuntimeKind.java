package dev.instar.runtime;

/** The language runtimes a function can be written for. */
public enum RuntimeKind {
    /** CPython of the machine, {@code /usr/bin/python3}. */
    PYTHON,
    /** Node.js of the machine, {@code /usr/bin/node}. */
    NODE,
    /** Any program: one process per request (classic watchdog), or an HTTP server on {@code $PORT}. */
    PROGRAM
}
