package dev.instar.cli.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * A request that one of the sample functions understands; any other function is sent a number.
 *
 * @param query with its question mark; empty for none
 * @param contentType of the body
 * @param body what it is about
 */
record SampleRequest(String query, String contentType, byte[] body) {
    private static final String TEXT = "text/plain";

    static SampleRequest of(String function) {
        return switch (function) {
            case "thumbnail" -> new SampleRequest("?width=16", TEXT, picture());
            case "page" ->
                new SampleRequest(
                        "",
                        "application/json",
                        "{\"title\": \"One of many\", \"items\": []}".getBytes(StandardCharsets.UTF_8));
            default -> new SampleRequest("", TEXT, "17".getBytes(StandardCharsets.UTF_8));
        };
    }

    /** The same, its body filled up with blanks, which no sample function minds. */
    SampleRequest padded(int length) {
        byte[] longer = Arrays.copyOf(body, Math.max(length, body.length));
        Arrays.fill(longer, body.length, longer.length, (byte) ' ');
        return new SampleRequest(query, contentType, longer);
    }

    private static byte[] picture() {
        try (InputStream picture = SampleRequest.class.getResourceAsStream("small.jpg")) {
            return Objects.requireNonNull(picture).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("the picture to send cannot be read", e);
        }
    }
}
