/**
 * The life of instances and the way of a call to one: per-function pools and queues, starts, deadlines, keep-alive, the
 * node's memory bound and the namespaces' quotas.
 */
@NullMarked
package dev.instar.engine.instances;

import org.jspecify.annotations.NullMarked;
