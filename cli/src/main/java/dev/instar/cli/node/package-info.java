/** A node in this process: its configuration, its log, and engine and gateway from start to shutdown. */
@NullMarked
package dev.instar.cli.node;

import org.jspecify.annotations.NullMarked;
