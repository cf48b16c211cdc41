/** Deployment of functions: checking, preparing, storing, and letting calls go to the current version. */
@NullMarked
package dev.instar.engine.functions;

import org.jspecify.annotations.NullMarked;
