/**
 * Linux from Java through the foreign-function API: descriptors, processes, namespaces, control groups, seccomp,
 * sockets.
 */
@NullMarked
package dev.instar.linux;

import org.jspecify.annotations.NullMarked;
