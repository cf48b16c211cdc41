package dev.instar.engine.instances;

/** Sizes as people write them in limits. */
final class Bytes {
    private static final String[] UNITS = {"", "Ki", "Mi", "Gi", "Ti"};

    private Bytes() {}

    /** The shortest exact text: 268435456 is {@code 256Mi}. */
    static String text(long bytes) {
        int unit = 0;
        long number = bytes;
        while (number != 0 && number % 1024 == 0 && unit < UNITS.length - 1) {
            number /= 1024;
            unit++;
        }
        return number + UNITS[unit];
    }
}
