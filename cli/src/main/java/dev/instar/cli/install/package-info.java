/** Installs what a function's folder asks for, with the machine's own package tools, before it is deployed. */
@NullMarked
package dev.instar.cli.install;

import org.jspecify.annotations.NullMarked;
