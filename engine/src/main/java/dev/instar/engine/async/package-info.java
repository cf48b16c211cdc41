/** Asynchronous calls and cron triggers: taking them from the durable queue, retrying, reporting their results. */
@NullMarked
package dev.instar.engine.async;

import org.jspecify.annotations.NullMarked;
