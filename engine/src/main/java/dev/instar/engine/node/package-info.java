/** The engine of one node, put together by hand from its parts. */
@NullMarked
package dev.instar.engine.node;

import org.jspecify.annotations.NullMarked;
