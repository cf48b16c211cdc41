package dev.instar.engine;

import java.time.Instant;

/**
 * One immutable version of a function.
 *
 * @param number 1 for a function's first version, counting up
 * @param digest {@code sha256:…} over the canonical spec, code digest included: equal content has an equal digest
 * @param spec what was deployed
 * @param createdAt when it was first deployed
 */
public record FunctionVersion(int number, String digest, FunctionSpec spec, Instant createdAt) {}
