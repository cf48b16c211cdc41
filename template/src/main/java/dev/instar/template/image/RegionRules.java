package dev.instar.template.image;

import static dev.instar.template.image.Rule.require;

import dev.instar.template.image.Region.Attributes;
import dev.instar.template.image.Region.Content;
import dev.instar.template.image.Region.FileMapping;
import dev.instar.template.image.Region.Special;
import dev.instar.template.image.Region.Unit;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What regions must be like for a zygote to be built from them. */
final class RegionRules {
    private static final int PAGE = 4096;
    private static final long WINDOW = 2 << 20;
    private static final int PROT_WRITE = 2;
    private static final int PROT_ALL = 7;

    /** What vm.max_map_count allows by default. */
    private static final int MOST_REGIONS = 65_530;

    private static final Set<String> SPECIAL = Set.of("[vdso]", "[vvar]", "[vvar_vclock]");

    // What prctl(PR_SET_VMA_ANON_NAME) takes: printable, at most 80 bytes with the final zero.
    private static final Pattern ANONYMOUS_NAME = Pattern.compile("[ -~&&[^\\\\`$\\[\\]]]{0,79}");

    private RegionRules() {}

    static void check(List<Region> regions, Origin origin) throws InvalidImageException {
        require(regions.size() <= MOST_REGIONS, "%d regions: more than any process can have", regions.size());
        Set<String> files =
                origin.files().stream().map(Origin.FileIdentity::path).collect(Collectors.toUnmodifiableSet());
        Set<String> special = new HashSet<>();
        long free = Rule.FIRST_ADDRESS;
        for (Region region : regions) {
            String name = name(region);
            bounds(name, region, free);
            free = region.end();
            attributes(name, region.attributes());
            switch (region) {
                case Region.Zero zero -> {}
                case Content content -> units(name, content);
                case FileMapping mapping -> file(name, mapping, files);
                case Special kernels ->
                    require(
                            SPECIAL.contains(kernels.name()) && special.add(kernels.name()),
                            "%s: not a mapping of the kernel's, or there twice",
                            name);
            }
        }
    }

    private static String name(Region region) {
        return String.format(Locale.ROOT, "region %x-%x", region.start(), region.end());
    }

    private static void bounds(String name, Region region, long free) throws InvalidImageException {
        require(region.start() % PAGE == 0 && region.end() % PAGE == 0, "%s: not whole pages", name);
        require(region.start() < region.end(), "%s: empty", name);
        require(
                region.start() >= Rule.FIRST_ADDRESS && region.end() <= Rule.END_OF_ADDRESSES,
                "%s: outside of what a process can have",
                name);
        require(
                !Rule.isReserved(region.start(), region.end()),
                "%s: where the program is that clones are made by",
                name);
        require(region.start() >= free, "%s: out of order, or overlaps the one before", name);
    }

    private static void attributes(String name, Attributes attributes) throws InvalidImageException {
        require((attributes.protection() & ~PROT_ALL) == 0, "%s: protection %x", name, attributes.protection());
        require(Rule.isBetween(attributes.hugePages(), -1, 1), "%s: huge page advice %d", name, attributes.hugePages());
        require(ANONYMOUS_NAME.matcher(attributes.name()).matches(), "%s: a name that the kernel refuses", name);
    }

    private static void units(String name, Content content) throws InvalidImageException {
        long at = content.start();
        for (Unit unit : content.units()) {
            require(unit.start() == at, "%s: a gap or an overlap between units at %x", name, unit.start());
            long end = Math.min(content.end(), (at & -WINDOW) + WINDOW);
            require(unit.length() == end - at, "%s: the unit at %x does not fill its window", name, at);
            Rule.digest("unit at " + Long.toHexString(at), unit.digest());
            at = end;
        }
        require(at == content.end(), "%s: units end at %x", name, at);
    }

    private static void file(String name, FileMapping mapping, Set<String> files) throws InvalidImageException {
        Rule.path(name, mapping.path());
        require(files.contains(mapping.path()), "%s: maps a file that the image does not identify", name);
        require(
                mapping.offset() >= 0
                        && mapping.offset() % PAGE == 0
                        && mapping.offset() <= Long.MAX_VALUE - mapping.length(),
                "%s: offset %d",
                name,
                mapping.offset());
        require(
                !mapping.shared() || (mapping.attributes().protection() & PROT_WRITE) == 0,
                "%s: shared and writable",
                name);
    }
}
