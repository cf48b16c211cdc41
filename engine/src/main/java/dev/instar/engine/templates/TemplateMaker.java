package dev.instar.engine.templates;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StartPreference;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TemplateStatus.ImageFacts;
import dev.instar.engine.instances.Incubator;
import dev.instar.engine.instances.Workloads;
import dev.instar.linux.CloneServer;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import dev.instar.sandbox.Workload;
import dev.instar.template.capture.Capture;
import dev.instar.template.image.Image;
import dev.instar.template.image.InvalidImageException;
import dev.instar.template.image.Region;
import dev.instar.template.pool.MemoryPool;
import dev.instar.template.pool.PooledTemplate;
import dev.instar.template.store.ImageStore;
import dev.instar.template.store.ImageWriter;
import dev.instar.template.store.OpenImage;
import dev.instar.template.store.Protection;
import dev.instar.template.store.StoredImage;
import dev.instar.template.zygote.WorkingSet;
import dev.instar.template.zygote.Zygote;
import dev.instar.template.zygote.ZygoteBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps from a deployed version to a zygote: capture unless there is an image, publish its pages, build. One thread
 * at a time.
 */
final class TemplateMaker {
    private static final Logger LOG = LoggerFactory.getLogger(TemplateMaker.class);
    private static final long MOST_IMPORTED = 8L << 30;
    private static final String KEY = "key";
    private static final String WARNINGS = "warnings";
    private static final String CREATED = "created";
    private static final String SECRETS = "secrets";

    private final Capture capture;
    private final Incubator incubator;
    private final Workloads workloads;
    private final SandboxPool sandboxes;
    private final ImageStore images;
    private final KnownImages known;
    private final WorkingSets workingSets;
    private final MemoryPool pool;
    private final TemplateKeys keys;
    private final OriginCheck origins;
    private final InstantSource clock;

    TemplateMaker(
            Capture capture,
            Incubator incubator,
            Workloads workloads,
            SandboxPool sandboxes,
            ImageStore images,
            KnownImages known,
            WorkingSets workingSets,
            MemoryPool pool,
            TemplateKeys keys,
            OriginCheck origins,
            InstantSource clock) {
        this.capture = capture;
        this.incubator = incubator;
        this.workloads = workloads;
        this.sandboxes = sandboxes;
        this.images = images;
        this.known = known;
        this.workingSets = workingSets;
        this.pool = pool;
        this.keys = keys;
        this.origins = origins;
        this.clock = clock;
    }

    /** A template with what its function's process had to say. */
    record Made(LiveTemplate template, List<String> warnings) {}

    /** The stored image of a version, if there is one that can be used; others of its function are removed. */
    private Optional<String> find(FunctionVersion version, String key) throws IOException {
        Optional<String> found = Optional.empty();
        for (StoredImage image : known.of(version.spec().name())) {
            if (key.equals(image.facts().get(KEY)) && usable(version, image.id())) {
                found = Optional.of(image.id());
            } else {
                remove(image.id());
            }
        }
        return found;
    }

    private boolean usable(FunctionVersion version, String id) throws IOException {
        Optional<String> problem;
        try {
            problem = problem(version, id);
        } catch (InvalidImageException e) {
            problem = Optional.of(String.valueOf(e.getMessage()));
        }
        problem.ifPresent(reason ->
                LOG.warn("the template of {} is made anew: {}", version.spec().name(), reason));
        return problem.isEmpty();
    }

    private Optional<String> problem(FunctionVersion version, String id) throws IOException {
        try (OpenImage image = images.open(id)) {
            return origins.problem(image.image().origin(), workloads.forTemplate(version));
        }
    }

    /**
     * Whether there is an image of the version as of now, usable or not: then a template is a matter of milliseconds.
     */
    boolean hasImage(FunctionVersion version) {
        String key = keys.of(version);
        return known.of(version.spec().name()).stream()
                .anyMatch(image -> key.equals(image.facts().get(KEY)));
    }

    /**
     * Makes the template of a version.
     *
     * @param anew whether to capture even if there is an image
     * @throws dev.instar.engine.StartFailedException if the function cannot be started or parked
     * @throws dev.instar.template.capture.CaptureRefusedException if it has something that cannot be cloned
     */
    Made make(FunctionVersion version, boolean anew) throws IOException, InterruptedException, SandboxException {
        String key = keys.of(version);
        if (anew) {
            forget(version);
        }
        Optional<String> stored = find(version, key);
        String id = stored.isPresent() ? stored.get() : capture(version, key);
        try (OpenImage image = images.open(id)) {
            Made made = goLive(version, key, image);
            if (stored.isEmpty()) {
                rehearse(version, made.template());
            }
            return made;
        } catch (InvalidImageException e) {
            remove(id);
            throw new IOException("the image was damaged and has been removed: " + e.getMessage(), e);
        }
    }

    /** What cannot wake up is no template; and what waking up touches, later clones are given ahead. */
    private void rehearse(FunctionVersion version, LiveTemplate template) throws IOException, InterruptedException {
        boolean fine = false;
        try (Sandbox awake = incubator.rehearse(version, template.zygote())) {
            WorkingSet touched = WorkingSet.record(awake.pid(), template.image());
            template.zygote().setWorkingSet(touched);
            workingSets.write(template.facts().id(), touched);
            fine = true;
        } finally {
            if (!fine) {
                template.close();
                remove(template.facts().id());
            }
        }
    }

    private String capture(FunctionVersion version, String key) throws IOException, InterruptedException {
        Instant created = clock.instant();
        try (Incubator.Parked parked = incubator.incubate(version);
                ImageWriter writer = images.create()) {
            parked.unreserve();
            Image image = capture.capture(parked.pid(), given(parked.channels().size()), writer);
            Map<String, String> facts = new TreeMap<>();
            facts.put(KEY, key);
            facts.put(KnownImages.FUNCTION, version.spec().name().toString());
            facts.put(WARNINGS, String.join("\n", parked.warnings()));
            facts.put(CREATED, created.toString());
            facts.put(SECRETS, Boolean.toString(!version.spec().secrets().isEmpty()));
            StoredImage stored = writer.commit(image, facts);
            known.add(stored);
            return stored.id();
        }
    }

    /** Numbers of the descriptors that every instance finds: the standard ones and its channels. */
    private static Set<Integer> given(int channels) {
        return IntStream.range(0, 3 + channels).boxed().collect(Collectors.toSet());
    }

    private Made goLive(FunctionVersion version, String key, OpenImage open) throws IOException, SandboxException {
        Workload workload = workloads.forTemplate(version);
        Image image = open.image();
        PooledTemplate pages = pool.publish(image, open, version.spec().name().namespace());
        boolean live = false;
        try {
            Zygote zygote = build(version, sandboxes.newZygote(workload), image, pages);
            live = true;
            zygote.setWorkingSet(workingSets.read(open.id()));
            String warnings = open.facts().getOrDefault(WARNINGS, "");
            return new Made(
                    new LiveTemplate(key, image, pages, zygote, facts(open, pages)),
                    warnings.isEmpty() ? List.of() : List.of(warnings.split("\n", -1)));
        } finally {
            if (!live) {
                pages.close();
            }
        }
    }

    private static Zygote build(FunctionVersion version, CloneServer process, Image image, PooledTemplate pages) {
        return version.spec().start() == StartPreference.FORK
                ? ZygoteBuilder.buildWithCopies(process, image, pages)
                : ZygoteBuilder.build(process, image, pages);
    }

    private static ImageFacts facts(OpenImage open, PooledTemplate pages) {
        long content = 0;
        for (Region region : open.image().regions()) {
            content += region instanceof Region.Content ? region.length() : 0;
        }
        return new ImageFacts(
                open.id(),
                Instant.parse(open.facts().getOrDefault(CREATED, Instant.EPOCH.toString())),
                content,
                pages.addedBytes(),
                pages.sharedBytes(),
                open.image().regions().size(),
                open.image().threads().size(),
                Boolean.parseBoolean(open.facts().get(SECRETS)));
    }

    /**
     * Notes what an instance has touched, for later clones and later runs of the node.
     *
     * @throws IOException if the process has ended, or the note cannot be written
     */
    void recordWorkingSet(TemplateStatus status, Zygote zygote, int pid) throws IOException {
        WorkingSet touched = WorkingSet.record(pid, zygote.image());
        zygote.setWorkingSet(touched);
        ImageFacts facts = status.image();
        if (facts != null) {
            workingSets.write(facts.id(), touched);
        }
    }

    /** Writes an image for elsewhere. */
    void export(String id, OutputStream out, char @Nullable [] passphrase) throws IOException {
        images.exportTo(id, out, protection(passphrase));
    }

    /**
     * Takes an image from elsewhere as the version's own.
     *
     * @throws InvalidRequestException if it is damaged, of another version, or cannot be used here
     */
    void importImage(FunctionVersion version, InputStream in, char @Nullable [] passphrase) throws IOException {
        String key = keys.of(version);
        try {
            StoredImage image = images.importFrom(in, MOST_IMPORTED, protection(passphrase), facts -> facts);
            known.add(image);
            Optional<String> problem = key.equals(image.facts().get(KEY))
                    ? problem(version, image.id())
                    : Optional.of("it was made from another version, other secrets or another release of Instar");
            if (problem.isPresent()) {
                remove(image.id());
                throw new InvalidRequestException("the image cannot be used here: " + problem.get());
            }
        } catch (InvalidImageException e) {
            throw new InvalidRequestException("the image cannot be used: " + e.getMessage());
        }
    }

    private static Protection protection(char @Nullable [] passphrase) {
        return passphrase == null ? Protection.none() : Protection.passphrase(passphrase);
    }

    private void remove(String id) throws IOException {
        known.remove(id);
        images.remove(id);
        workingSets.remove(id);
    }

    /** Removes every image of the version's function. */
    void forget(FunctionVersion version) throws IOException {
        for (StoredImage image : known.of(version.spec().name())) {
            remove(image.id());
        }
    }
}
