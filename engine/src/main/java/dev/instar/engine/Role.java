package dev.instar.engine;

/** What a token may do; each role includes those before it. */
public enum Role {
    /** Call functions. */
    INVOKER,
    /** See functions, logs and metrics of the namespace. */
    VIEWER,
    /** Deploy, scale and remove functions, write secrets. */
    DEPLOYER,
    /** Everything in the namespace, tokens included; without a namespace: everything on the node. */
    ADMIN;

    /** Whether this role may do what needs {@code needed}. */
    public boolean includes(Role needed) {
        return compareTo(needed) >= 0;
    }
}
