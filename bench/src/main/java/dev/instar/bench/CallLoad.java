package dev.instar.bench;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A closed loop of calls: each connection sends its next call when the last is answered.
 *
 * @param address where the gateway listens
 * @param authorization value of the {@code Authorization} header
 * @param path path and query of the call
 * @param body request body, sent with POST
 * @param connections how many at a time; 1 to 1024
 * @param warmUp calls in this time are made but not counted
 * @param duration how long calls are counted
 */
public record CallLoad(
        InetSocketAddress address,
        String authorization,
        String path,
        byte[] body,
        int connections,
        Duration warmUp,
        Duration duration) {}
