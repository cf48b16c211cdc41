package dev.instar.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Memory templates of functions. Thread-safe. */
public interface TemplateService {
    /** How the functions of a namespace stand, by name. */
    List<TemplateStatus> list(String namespace);

    /** @throws NotFoundException if the function is not deployed */
    TemplateStatus describe(FunctionName function);

    /**
     * Makes the current version's template anew, in the background.
     *
     * @throws NotFoundException if the function is not deployed
     */
    void rebuild(FunctionName function);

    /**
     * Writes the current version's image for another node.
     *
     * @param passphrase encrypts it; null writes it as plain bytes
     * @param withSecrets whether an image that may hold secrets may leave the node
     * @throws NotFoundException if the function is not deployed or has no template
     * @throws InvalidRequestException if the image may hold secrets and {@code withSecrets} is false
     * @throws IOException if {@code out} fails
     */
    void export(FunctionName function, OutputStream out, char @Nullable [] passphrase, boolean withSecrets)
            throws IOException;

    /**
     * Uses an exported image as the current version's template.
     *
     * @param passphrase what it was encrypted with; null for plain bytes
     * @throws NotFoundException if the function is not deployed
     * @throws InvalidRequestException if the image is damaged, was made of another version, or cannot be used here
     * @throws IOException if {@code in} fails
     */
    TemplateStatus importImage(FunctionName function, InputStream in, char @Nullable [] passphrase) throws IOException;
}
