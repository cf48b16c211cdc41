/** Takes an image from a parked process, by tracing it from outside. */
@NullMarked
package dev.instar.template.capture;

import org.jspecify.annotations.NullMarked;
