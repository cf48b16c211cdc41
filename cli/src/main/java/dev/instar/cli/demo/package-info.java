/** The demo: a node of its own, the sample functions, cold and warm calls of each, and one table. */
@NullMarked
package dev.instar.cli.demo;

import org.jspecify.annotations.NullMarked;
