/** Benchmarks that are commands: load generation, figures and reports. */
@NullMarked
package dev.instar.bench;

import org.jspecify.annotations.NullMarked;
