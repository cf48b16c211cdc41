package dev.instar.gateway;

import dev.instar.engine.InstanceFailedException;
import dev.instar.runtime.HeaderField;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.webserver.http.ServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Header fields on their way between client and function. */
final class CallHeaders {
    static final HeaderName TRACEPARENT = HeaderNames.create("traceparent");
    private static final HeaderName TRACESTATE = HeaderNames.create("tracestate");
    private static final HeaderName X_FORWARDED_HOST = HeaderNames.create("X-Forwarded-Host");

    /** Fields of one connection, which a proxy must not pass on: RFC 9110 section 7.6.1. */
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** Fields that the gateway sets itself. */
    private static final Set<String> OWN =
            Set.of("host", "expect", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "traceparent");

    private CallHeaders() {}

    /**
     * What the function sees.
     *
     * @param withAuthorization whether the credentials are meant for the function, not for the gateway
     */
    static List<HeaderField> ofRequest(ServerRequest request, String remoteAddress, boolean withAuthorization) {
        Headers headers = request.headers();
        List<HeaderField> passed = new ArrayList<>(headers.size() + 4);
        Set<String> named = namedByConnection(headers);
        for (io.helidon.http.Header header : headers) {
            String name = header.headerName().lowerCase();
            if (HOP_BY_HOP.contains(name) || OWN.contains(name) || named.contains(name)) {
                continue;
            }
            if (!withAuthorization && name.equals("authorization")) {
                continue;
            }
            add(passed, header);
        }
        addForwarding(passed, request, headers, remoteAddress);
        addTrace(passed, headers);
        return passed;
    }

    private static void add(List<HeaderField> passed, io.helidon.http.Header header) {
        if (header.valueCount() == 1) {
            passed.add(new HeaderField(header.name(), header.get()));
        } else {
            for (String value : header.allValues()) {
                passed.add(new HeaderField(header.name(), value));
            }
        }
    }

    private static void addForwarding(
            List<HeaderField> passed, ServerRequest request, Headers headers, String remoteAddress) {
        if (headers.contains(HeaderNames.HOST)) {
            passed.add(new HeaderField(
                    X_FORWARDED_HOST.defaultCase(),
                    headers.get(HeaderNames.HOST).get()));
        }
        String before = headers.contains(HeaderNames.X_FORWARDED_FOR)
                ? String.join(", ", headers.get(HeaderNames.X_FORWARDED_FOR).allValues()) + ", "
                : "";
        passed.add(new HeaderField("X-Forwarded-For", before + remoteAddress));
        passed.add(new HeaderField("X-Forwarded-Proto", request.isSecure() ? "https" : "http"));
    }

    private static void addTrace(List<HeaderField> passed, Headers headers) {
        if (headers.contains(TRACEPARENT)) {
            String given = headers.get(TRACEPARENT).get();
            if (CallIds.isTraceParent(given)) {
                passed.add(new HeaderField("traceparent", given));
                return;
            }
            // the specification: without a valid traceparent its tracestate means nothing
            passed.removeIf(header -> header.name().equalsIgnoreCase(TRACESTATE.defaultCase()));
        }
        passed.add(new HeaderField("traceparent", CallIds.traceParent()));
    }

    private static Set<String> namedByConnection(Headers headers) {
        if (!headers.contains(HeaderNames.CONNECTION)) {
            return Set.of();
        }
        Set<String> named = new TreeSet<>();
        for (String value : headers.get(HeaderNames.CONNECTION).allValues()) {
            for (String token : value.split(",", -1)) {
                named.add(token.strip().toLowerCase(Locale.ROOT));
            }
        }
        return named;
    }

    /**
     * Passes a function's header fields on.
     *
     * @throws InstanceFailedException if a field would break the reply's framing
     */
    static void toResponse(List<HeaderField> from, ServerResponseHeaders to, boolean withLength) {
        for (HeaderField header : from) {
            HeaderName name = HeaderNames.create(validName(header.name()));
            if (HOP_BY_HOP.contains(name.lowerCase()) || (!withLength && name.equals(HeaderNames.CONTENT_LENGTH))) {
                continue;
            }
            to.add(HeaderValues.create(name, validValue(header)));
        }
    }

    private static String validName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c >= 0x7f || "\"(),/:;<=>?@[\\]{}".indexOf(c) >= 0) {
                throw new InstanceFailedException("the function replied with a header whose name is not a token");
            }
        }
        if (name.isEmpty()) {
            throw new InstanceFailedException("the function replied with a header without a name");
        }
        return name;
    }

    private static String validValue(HeaderField header) {
        String value = header.value();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
                throw new InstanceFailedException("the function's reply header \"" + header.name()
                        + "\" holds a character that HTTP does not allow");
            }
        }
        return value;
    }
}
