/** What functions write to standard output and error: kept in rotated files, read back, followed. */
@NullMarked
package dev.instar.engine.logs;

import org.jspecify.annotations.NullMarked;
