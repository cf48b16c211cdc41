package dev.instar.template.pool;

/**
 * What a pool holds, in bytes.
 *
 * @param stored allocated by the file system, padding included
 * @param referenced sum over all templates of what they map
 * @param padding part of {@code stored} that no template maps
 * @param templates how many are published
 */
public record PoolUsage(long stored, long referenced, long padding, int templates) {
    /** What sharing saves: bytes that would be stored if every template had its own. */
    public long saved() {
        return Math.max(0, referenced - (stored - padding));
    }
}
