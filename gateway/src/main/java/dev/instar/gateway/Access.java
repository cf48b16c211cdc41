package dev.instar.gateway;

import dev.instar.engine.Role;
import org.jspecify.annotations.Nullable;

/** Who may use a route; which namespace it concerns is settled by the route itself. */
enum Access {
    /** Anyone, without credentials. */
    OPEN(null),
    /** A caller of the function concerned; anyone if the function is public. */
    INVOKER(Role.INVOKER),
    /** Credentials with the role VIEWER or above. */
    VIEWER(Role.VIEWER),
    /** Credentials with the role DEPLOYER or above. */
    DEPLOYER(Role.DEPLOYER),
    /** Credentials with the role ADMIN. */
    ADMIN(Role.ADMIN),
    /** An administrator of the whole node. */
    NODE(Role.ADMIN);

    private final @Nullable Role role;

    Access(@Nullable Role role) {
        this.role = role;
    }

    /** The least role that suffices. */
    Role role() {
        if (role == null) {
            throw new IllegalStateException("an open route needs no role");
        }
        return role;
    }
}
