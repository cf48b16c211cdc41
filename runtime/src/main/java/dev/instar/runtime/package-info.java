/** The language runtimes and shims that run inside a sandbox, and the channel that carries invocations to them. */
@NullMarked
package dev.instar.runtime;

import org.jspecify.annotations.NullMarked;
