package dev.instar.template.capture;

import dev.instar.linux.ForeignDescriptors;
import dev.instar.linux.OpenDescriptor;
import dev.instar.template.image.Descriptor.Interest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what an epoll set watches. */
final class EpollInterests {
    private static final Pattern LINE =
            Pattern.compile("tfd:\\s*(\\d+) events:\\s*([0-9a-f]+) data:\\s*([0-9a-f]+)\\b.*");

    private EpollInterests() {}

    /**
     * The interests.
     *
     * @param open all open numbers
     */
    static List<Interest> of(OpenDescriptor set, Set<Integer> open, ForeignDescriptors foreign) {
        List<Interest> interests = new ArrayList<>();
        Map<Integer, Integer> seen = new HashMap<>();
        for (String line : set.details()) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                int number = Integer.parseInt(matcher.group(1));
                int nth = seen.merge(number, 1, Integer::sum) - 1;
                if (!open.contains(number) || !foreign.watches(set.number(), number, nth)) {
                    throw new CaptureRefusedException(
                            "descriptor " + set.number() + ": an epoll set that watches a file whose descriptor, "
                                    + number + ", is closed",
                            "remove files from epoll sets before closing them");
                }
                interests.add(new Interest(
                        number,
                        Integer.parseUnsignedInt(matcher.group(2), 16),
                        Long.parseUnsignedLong(matcher.group(3), 16)));
            }
        }
        return interests;
    }
}
