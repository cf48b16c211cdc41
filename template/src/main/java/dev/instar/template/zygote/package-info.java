/** Builds from an image, in a process that never ran the function, what instances are cloned from. */
@NullMarked
package dev.instar.template.zygote;

import org.jspecify.annotations.NullMarked;
