/** What a node does with functions: the interfaces the gateway calls, and the types that cross them. */
@NullMarked
package dev.instar.engine;

import org.jspecify.annotations.NullMarked;
