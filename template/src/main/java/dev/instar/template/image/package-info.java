/** What a template consists of: immutable records, and their stored form. */
@NullMarked
package dev.instar.template.image;

import org.jspecify.annotations.NullMarked;
