/** The gateway's HTTP API as the command line uses it, and where the credentials for it come from. */
@NullMarked
package dev.instar.cli.client;

import org.jspecify.annotations.NullMarked;
