/**
 * Sandboxes made ahead of time: namespaces, root file system, limits and system-call policy around one function
 * instance.
 */
@NullMarked
package dev.instar.sandbox;

import org.jspecify.annotations.NullMarked;
