package dev.instar.cli.doctor;

/**
 * What was found about one thing that a node uses.
 *
 * @param name the thing
 * @param level whether it is there, and how bad it is if not
 * @param detail what was seen
 * @param cost what does not work, or works worse, without it; empty if it is there
 * @param remedy how to get it; empty if it is there
 */
public record Finding(String name, Level level, String detail, String cost, String remedy) {
    /** How bad it is. */
    public enum Level {
        /** It is there. */
        OK,
        /** It is not there; a node runs, but does less or does it slower. */
        WARNING,
        /** It is not there, and no node can run. */
        MISSING
    }

    static Finding ok(String name, String detail) {
        return new Finding(name, Level.OK, detail, "", "");
    }

    static Finding warning(String name, String detail, String cost, String remedy) {
        return new Finding(name, Level.WARNING, detail, cost, remedy);
    }

    static Finding missing(String name, String detail, String cost, String remedy) {
        return new Finding(name, Level.MISSING, detail, cost, remedy);
    }
}
