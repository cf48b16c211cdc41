/**
 * Images as files: encrypted, self-contained, refused if anything about them is not as it was written.
 *
 * <p>{@link dev.instar.template.store.ImageStore} is the node's directory of them; {@code FileHeader} has the format.
 */
@NullMarked
package dev.instar.template.store;

import org.jspecify.annotations.NullMarked;
