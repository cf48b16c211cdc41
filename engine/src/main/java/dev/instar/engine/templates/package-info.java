/**
 * Memory templates of deployed functions: made in the background, kept over restarts, with zygotes while they are
 * wanted.
 */
@NullMarked
package dev.instar.engine.templates;

import org.jspecify.annotations.NullMarked;
