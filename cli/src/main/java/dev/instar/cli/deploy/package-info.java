/** Turns a function's folder or archive into a deployment on a node. */
@NullMarked
package dev.instar.cli.deploy;

import org.jspecify.annotations.NullMarked;
