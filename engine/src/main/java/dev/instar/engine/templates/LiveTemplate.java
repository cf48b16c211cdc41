package dev.instar.engine.templates;

import dev.instar.engine.TemplateStatus.ImageFacts;
import dev.instar.template.image.Image;
import dev.instar.template.pool.PooledTemplate;
import dev.instar.template.zygote.Zygote;

/**
 * A template that instances can be cloned from.
 *
 * @param key what it was made from
 * @param image what was captured
 * @param pages its pages in the pool
 * @param zygote the process that is cloned
 * @param facts for people
 */
record LiveTemplate(String key, Image image, PooledTemplate pages, Zygote zygote, ImageFacts facts)
        implements AutoCloseable {
    /** Ends the zygote and lets go of the pages; clones live on. */
    @Override
    public void close() {
        zygote.close();
        pages.close();
    }
}
