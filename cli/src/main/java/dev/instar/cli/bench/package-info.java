/** Benchmarks that are commands: they run a node, deploy what they need, and report. */
@NullMarked
package dev.instar.cli.bench;

import org.jspecify.annotations.NullMarked;
