package dev.instar.gateway;

import java.time.Duration;

/**
 * Bounds that keep one client from using up the gateway.
 *
 * @param bodyBytes largest request body of a call; more answers 413
 * @param archiveBytes largest uploaded code archive
 * @param imageBytes largest imported template image
 * @param documentBytes largest JSON body of a management request
 * @param requestLineBytes longest request line; more answers 414
 * @param headerBytes largest header section; more answers 400
 * @param connections open connections; further ones wait in the kernel's backlog
 * @param requests requests being served; further ones are answered 503
 * @param idle how long a connection may stay open between requests
 * @param head how long a client may take for the TLS handshake, and for request line and headers together
 * @param stall how long a single read of a body, or a single write of a reply, may take before the connection is cut
 * @param grace how long {@link GatewayServer#close} waits for running requests
 */
public record GatewayLimits(
        long bodyBytes,
        long archiveBytes,
        long imageBytes,
        int documentBytes,
        int requestLineBytes,
        int headerBytes,
        int connections,
        int requests,
        Duration idle,
        Duration head,
        Duration stall,
        Duration grace) {
    private static final long MIB = 1L << 20;

    /**
     * 16 MiB of body, 256 MiB of archive, 4 GiB of image, 2 MiB of JSON, 8 KiB of request line, 32 KiB of headers, 4096
     * connections, 2048 requests, 60 s idle, 15 s for the head, 30 s per read or write, 10 s of grace.
     */
    public static final GatewayLimits DEFAULT = new GatewayLimits(
            16 * MIB,
            256 * MIB,
            4096 * MIB,
            (int) (2 * MIB),
            8 << 10,
            32 << 10,
            4096,
            2048,
            Duration.ofSeconds(60),
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10));

    /** @throws IllegalArgumentException if a bound is not positive */
    public GatewayLimits {
        if (bodyBytes < 1
                || archiveBytes < 1
                || imageBytes < 1
                || documentBytes < 1
                || requestLineBytes < 1
                || headerBytes < 1) {
            throw new IllegalArgumentException("sizes must be at least 1 byte");
        }
        if (connections < 1 || requests < 1) {
            throw new IllegalArgumentException("connections and requests must be at least 1");
        }
        if (idle.isNegative() || head.isNegative() || stall.isNegative() || grace.isNegative()) {
            throw new IllegalArgumentException("times must not be negative");
        }
    }

    /** The same with another bound on bodies of calls. */
    public GatewayLimits withBodyBytes(long bytes) {
        return new GatewayLimits(
                bytes,
                archiveBytes,
                imageBytes,
                documentBytes,
                requestLineBytes,
                headerBytes,
                connections,
                requests,
                idle,
                head,
                stall,
                grace);
    }

    /** The same with other times. */
    public GatewayLimits withTimes(Duration newIdle, Duration newHead, Duration newStall, Duration newGrace) {
        return new GatewayLimits(
                bodyBytes,
                archiveBytes,
                imageBytes,
                documentBytes,
                requestLineBytes,
                headerBytes,
                connections,
                requests,
                newIdle,
                newHead,
                newStall,
                newGrace);
    }
}
