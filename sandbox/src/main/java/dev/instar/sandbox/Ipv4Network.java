package dev.instar.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of IPv4 addresses.
 *
 * @param first its lowest address, as an unsigned number; all bits after the prefix are 0
 * @param prefix how many leading bits its addresses share, 0 to 32
 */
record Ipv4Network(long first, int prefix) {
    private static final int BITS = 32;
    private static final int BYTE = 0xff;
    private static final Pattern CIDR =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})(?:/(\\d{1,2}))?");

    /**
     * Parses {@code 10.62.0.0/16}; a plain address is a network of one.
     *
     * @throws IllegalArgumentException if the text is something else, or has bits set after its prefix
     */
    static Ipv4Network parse(String text) {
        Matcher matcher = CIDR.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not an IPv4 network such as 10.62.0.0/16: " + text);
        }
        long address = 0;
        for (int i = 1; i <= 4; i++) {
            int part = Integer.parseInt(matcher.group(i));
            if (part > BYTE) {
                throw new IllegalArgumentException("not an IPv4 address: " + text);
            }
            address = address << 8 | part;
        }
        String length = matcher.group(5);
        int prefix = length == null ? BITS : Integer.parseInt(length);
        if (prefix > BITS || address % (1L << (BITS - prefix)) != 0) {
            throw new IllegalArgumentException("the prefix does not fit the address in " + text);
        }
        return new Ipv4Network(address, prefix);
    }

    /** Whether a text is one that {@link #parse} takes. */
    static boolean isValid(String text) {
        try {
            parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The network that an address is in, written with its prefix as in {@code 10.62.0.1/16}; empty for other text. */
    static Optional<Ipv4Network> around(String text) {
        Matcher matcher = CIDR.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int slash = text.indexOf('/');
        try {
            Ipv4Network address = parse(slash < 0 ? text : text.substring(0, slash));
            int prefix = slash < 0 ? BITS : Integer.parseInt(text.substring(slash + 1));
            return prefix > BITS
                    ? Optional.empty()
                    : Optional.of(new Ipv4Network(address.first >> (BITS - prefix) << (BITS - prefix), prefix));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** How many addresses it has. */
    long size() {
        return 1L << (BITS - prefix);
    }

    /** Its parts of a longer prefix, in ascending order, in a list of the caller's own. */
    List<Ipv4Network> divide(int partPrefix) {
        List<Ipv4Network> parts = new ArrayList<>();
        long partSize = 1L << (BITS - partPrefix);
        for (long at = first; at < first + size(); at += partSize) {
            parts.add(new Ipv4Network(at, partPrefix));
        }
        return parts;
    }

    /** Whether the two share an address. */
    boolean overlaps(Ipv4Network other) {
        return first < other.first + other.size() && other.first < first + size();
    }

    /** Its address number {@code offset}, counted from 0. */
    String address(long offset) {
        long address = first + offset;
        return (address >> 24) + "." + (address >> 16 & BYTE) + "." + (address >> 8 & BYTE) + "." + (address & BYTE);
    }

    @Override
    public String toString() {
        return address(0) + "/" + prefix;
    }
}
