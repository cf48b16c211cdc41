package dev.instar.linux;

/**
 * One thing of the host that matters, and whether it is there.
 *
 * @param name short and stable, such as {@code cgroup-memory}
 * @param present whether it is there, or set as it should be
 * @param detail what was found, for people
 * @param costOfMissing what does not work, or works worse, without it
 * @param remedy what to do to get it: a command where there is one
 */
public record Feature(String name, boolean present, String detail, String costOfMissing, String remedy) {}
