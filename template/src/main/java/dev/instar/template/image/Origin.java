package dev.instar.template.image;

import java.util.List;

/**
 * What must be the same where an image is used as where it was captured.
 *
 * @param kernelRelease as {@code uname -r} tells; informative: only the vdso decides
 * @param vdsoDigest SHA-256 of the pages of {@code [vdso]}, in hexadecimal: code in the image jumps into it
 * @param extendedStateFeatures processor state components that the threads' state may use (the XSTATE_BV bits of XCR0)
 * @param files every file that a region maps or a descriptor opens for reading, by path inside the sandbox
 */
public record Origin(String kernelRelease, String vdsoDigest, long extendedStateFeatures, List<FileIdentity> files) {
    public Origin {
        files = List.copyOf(files);
    }

    /**
     * @param path inside the sandbox
     * @param size in bytes
     * @param digest SHA-256 of the content, in hexadecimal
     */
    public record FileIdentity(String path, long size, String digest) {}
}
