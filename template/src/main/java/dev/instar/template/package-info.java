/**
 * Memory templates: the captured state of a process that has finished its initialisation, from which copies start.
 *
 * <p>{@code image} says what a capture consists of and how it is stored, {@code capture} takes one from a parked
 * process, {@code pool} keeps the pages where many processes can map them, {@code zygote} builds from an image the
 * process that instances are cloned from.
 */
@NullMarked
package dev.instar.template;

import org.jspecify.annotations.NullMarked;
