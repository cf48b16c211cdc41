package dev.instar.gateway;

import dev.instar.engine.Principal;
import dev.instar.engine.TenantService;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds out who makes a request: HTTP basic authentication with a password, or a bearer token. Thread-safe. */
final class Authenticator {
    private static final Header CHALLENGE = HeaderValues.createCached(
            HeaderNames.WWW_AUTHENTICATE, "Basic realm=\"instar\", charset=\"UTF-8\", Bearer");
    private static final Duration CACHE_LIFE = Duration.ofSeconds(10);
    private static final int FAILURES_AT_ONCE = 20;
    private static final Duration FAILURE_INTERVAL = Duration.ofSeconds(2);

    private final TenantService tenants;
    private final CredentialCache cache = new CredentialCache(CACHE_LIFE);
    // a separate one, so that wrong credentials cannot displace right ones
    private final CredentialCache strangers = new CredentialCache(CACHE_LIFE);
    private final FailureLimiter failures = new FailureLimiter(FAILURES_AT_ONCE, FAILURE_INTERVAL, System::nanoTime);

    Authenticator(TenantService tenants) {
        this.tenants = tenants;
    }

    /** @throws Refusal 401 without valid credentials, 429 after too many failures from this address */
    Principal require(Headers headers, String remoteAddress) {
        String header = header(headers);
        if (header == null) {
            throw new Refusal(
                    401,
                    "this needs credentials: basic authentication with the password, or a bearer token",
                    CHALLENGE);
        }
        Principal known = remembered(header);
        if (known != null) {
            return known;
        }
        Duration delay = failures.delay(remoteAddress);
        if (!delay.isZero()) {
            throw new Refusal(
                    429, "too many failed authentications from this address; try again later", Fault.retryAfter(delay));
        }
        int generation = cache.generation();
        Optional<Principal> principal = verify(header);
        if (principal.isEmpty()) {
            failures.failed(remoteAddress);
            throw new Refusal(401, "the credentials are not valid", CHALLENGE);
        }
        cache.remember(header, principal.get(), generation);
        return principal.get();
    }

    /**
     * Whether a request without need of credentials carries some of this gateway's. Credentials of any other kind may
     * be meant for the function; in doubt, after too many wrong passwords from the address, they count as the
     * gateway's.
     */
    boolean areOurs(Headers headers, String remoteAddress) {
        String header = header(headers);
        if (header == null || strangers.find(header) != null) {
            return false;
        }
        if (remembered(header) != null) {
            return true;
        }
        boolean guessable = isBasic(header);
        if (guessable && !failures.delay(remoteAddress).isZero()) {
            return true;
        }
        int generation = cache.generation();
        Optional<Principal> principal = verify(header);
        if (principal.isPresent()) {
            cache.remember(header, principal.get(), generation);
            return true;
        }
        if (guessable) {
            failures.failed(remoteAddress);
        }
        strangers.remember(header, null, strangers.generation());
        return false;
    }

    private static boolean isBasic(String header) {
        return header.regionMatches(true, 0, "Basic ", 0, 6);
    }

    /** The principal of credentials seen moments ago, else null. */
    @Nullable
    Principal remembered(Headers headers) {
        String header = header(headers);
        return header == null ? null : remembered(header);
    }

    private @Nullable Principal remembered(String header) {
        CredentialCache.Entry entry = cache.find(header);
        return entry == null ? null : entry.principal();
    }

    /** Forgets what was remembered: a token has been revoked or a namespace deleted. */
    void forget() {
        cache.clear();
        strangers.clear();
    }

    private static @Nullable String header(Headers headers) {
        return headers.contains(HeaderNames.AUTHORIZATION)
                ? headers.get(HeaderNames.AUTHORIZATION).get()
                : null;
    }

    private Optional<Principal> verify(String header) {
        int space = header.indexOf(' ');
        if (space < 0) {
            return Optional.empty();
        }
        String scheme = header.substring(0, space);
        String credentials = header.substring(space + 1).strip();
        if (scheme.equalsIgnoreCase("Bearer")) {
            return tenants.authenticateToken(credentials);
        }
        return scheme.equalsIgnoreCase("Basic") ? verifyBasic(credentials) : Optional.empty();
    }

    private Optional<Principal> verifyBasic(String credentials) {
        String pair;
        try {
            pair = new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            // not base64, so not credentials
            return Optional.empty();
        }
        int colon = pair.indexOf(':');
        return colon < 0
                ? Optional.empty()
                : tenants.authenticatePassword(pair.substring(0, colon), pair.substring(colon + 1));
    }
}
