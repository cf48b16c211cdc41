/** Everything a node keeps on disk: one SQLite database and the directories beside it, all in one data directory. */
@NullMarked
package dev.instar.engine.store;

import org.jspecify.annotations.NullMarked;
