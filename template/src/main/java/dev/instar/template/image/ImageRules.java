package dev.instar.template.image;

import static dev.instar.template.image.Rule.require;

import dev.instar.template.image.Origin.FileIdentity;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * What every image must fulfil, whether it was just captured or comes from somewhere: whoever builds from one that does
 * can rely on its bounds, numbers and references. It does not say that the process in it is sane.
 */
public final class ImageRules {
    /** Standard streams and channels; more than any instance is given. */
    private static final int MOST_GIVEN = 3 + 1024;

    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int MOST_SIGNAL = 64;
    private static final int MOST_FILES = 1 << 20;
    private static final int MOST_AUXILIARY = 1024;
    /** What fs.nr_open allows by default. */
    private static final int MOST_DESCRIPTORS = 1 << 20;

    private static final int AUXILIARY_ENTRY = 16;

    private ImageRules() {}

    /**
     * Checks what can be checked without knowing how many descriptors instances are given: references to low numbers
     * that the image does not have pass.
     *
     * @throws InvalidImageException if a rule is broken; the message names the place
     */
    public static void check(Image image) throws InvalidImageException {
        Set<Integer> own = image.descriptors().stream().map(Descriptor::number).collect(Collectors.toSet());
        check(image, number -> number >= 0 && number < MOST_GIVEN && !own.contains(number));
    }

    /**
     * Checks everything.
     *
     * @param given every instance has the descriptors 0 to {@code given} − 1 at its start
     * @throws InvalidImageException if a rule is broken; the message names the place
     */
    public static void check(Image image, int given) throws InvalidImageException {
        for (Descriptor descriptor : image.descriptors()) {
            require(
                    descriptor.number() >= given,
                    "descriptor %d: every instance is given one of that number",
                    descriptor.number());
        }
        check(image, number -> number >= 0 && number < given);
    }

    private static void check(Image image, IntPredicate given) throws InvalidImageException {
        origin(image.origin());
        process(image.process());
        RegionRules.check(image.regions(), image.origin());
        ThreadRules.check(image.threads(), image.origin().extendedStateFeatures());
        signals(image.signalActions());
        DescriptorRules.check(image.descriptors(), given);
    }

    private static void origin(Origin origin) throws InvalidImageException {
        Rule.digest("vdso", origin.vdsoDigest());
        require(origin.files().size() <= MOST_FILES, "%d files", origin.files().size());
        Set<String> paths = new HashSet<>();
        for (FileIdentity file : origin.files()) {
            Rule.path("file", file.path());
            require(paths.add(file.path()), "file %s: there twice", file.path());
            require(file.size() >= 0, "file %s: size %d", file.path(), file.size());
            Rule.digest("file " + file.path(), file.digest());
        }
    }

    /** What prctl(PR_SET_MM_MAP) demands, and a little more. */
    private static void process(ProcessState process) throws InvalidImageException {
        Rule.path("executable", process.executable());
        Rule.path("working directory", process.workingDirectory());
        require(Rule.isBetween(process.umask(), 0, 0777), "umask %o", process.umask());
        range("code", process.startCode(), process.endCode());
        range("data", process.startData(), process.endData());
        range("heap", process.startBreak(), process.currentBreak());
        range("stack", process.startStack(), process.startStack());
        range("arguments", process.argumentsStart(), process.argumentsEnd());
        range("environment", process.environmentStart(), process.environmentEnd());
        require(process.startCode() < process.endCode(), "no code");
        ProcessState.Limit files = process.openFiles();
        require(
                files.soft() >= 0 && files.soft() <= files.hard() && files.hard() <= MOST_DESCRIPTORS,
                "%d of %d descriptors",
                files.soft(),
                files.hard());
        int last = -1;
        for (ProcessState.Given given : process.given()) {
            int number = given.number();
            require(number > last && number <= MOST_GIVEN, "descriptor %d is none that is given", number);
            last = number;
        }
        int length = process.auxiliaryVector().length();
        require(
                length % AUXILIARY_ENTRY == 0 && Rule.isBetween(length, AUXILIARY_ENTRY, MOST_AUXILIARY),
                "auxiliary vector of %d bytes",
                length);
    }

    private static void range(String what, long start, long end) throws InvalidImageException {
        require(
                start >= Rule.FIRST_ADDRESS && start <= end && end < Rule.END_OF_ADDRESSES,
                "%s from %x to %x",
                what,
                start,
                end);
    }

    private static void signals(List<SignalAction> actions) throws InvalidImageException {
        Set<Integer> seen = new HashSet<>();
        for (SignalAction action : actions) {
            int signal = action.signal();
            require(
                    Rule.isBetween(signal, 1, MOST_SIGNAL)
                            && signal != SIGKILL
                            && signal != SIGSTOP
                            && seen.add(signal),
                    "signal %d: cannot be handled, or there twice",
                    signal);
            require(
                    Rule.isAddressOrNone(action.handler()) && Rule.isAddressOrNone(action.restorer()),
                    "signal %d: a handler outside of user space",
                    signal);
        }
    }
}
