/** The HTTP face of a node: invocation, management, metrics, authentication. */
@NullMarked
package dev.instar.gateway;

import org.jspecify.annotations.NullMarked;
