/** Where template pages live, so that many processes map the same memory. */
@NullMarked
package dev.instar.template.pool;

import org.jspecify.annotations.NullMarked;
