package dev.instar.engine;

/**
 * Who makes a request.
 *
 * @param name user or token name, for the audit log
 * @param namespace the only namespace it may touch, or empty for all
 * @param role what it may do there
 */
public record Principal(String name, String namespace, Role role) {
    /** Whether it may do what needs {@code needed} in the namespace. */
    public boolean may(Role needed, String inNamespace) {
        return role.includes(needed) && (namespace.isEmpty() || namespace.equals(inNamespace));
    }

    /** Whether it may do what concerns the whole node. */
    public boolean mayAdministerNode() {
        return role == Role.ADMIN && namespace.isEmpty();
    }
}
