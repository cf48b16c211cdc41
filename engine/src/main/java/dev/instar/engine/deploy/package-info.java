/**
 * What users write to deploy a function, and what becomes of it: {@code instar.yaml}, OpenFaaS's {@code stack.yml}, the
 * JSON of deploy requests, and the archive of the source folder. Knows nothing of how a node stores or runs functions.
 */
@NullMarked
package dev.instar.engine.deploy;

import org.jspecify.annotations.NullMarked;
