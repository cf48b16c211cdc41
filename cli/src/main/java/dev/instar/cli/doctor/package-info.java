/** Looks at a machine and says what is missing to run a node on it, what that costs, and how to get it. */
@NullMarked
package dev.instar.cli.doctor;

import org.jspecify.annotations.NullMarked;
