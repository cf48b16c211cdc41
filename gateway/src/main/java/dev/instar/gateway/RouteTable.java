package dev.instar.gateway;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All routes but those that call functions, which are found by their prefix. Immutable. */
final class RouteTable {
    private final List<Entry> entries;

    private record Entry(Route route, List<String> segments) {}

    /** A route with the values of its path's parameters. */
    record Match(Route route, Map<String, String> parameters) {}

    RouteTable(List<Route> routes) {
        this.entries = routes.stream()
                .map(route -> new Entry(route, split(route.template())))
                .toList();
    }

    List<Route> routes() {
        return entries.stream().map(Entry::route).toList();
    }

    /** @throws Refusal 404 if there is no such path, 405 if it is not for this method */
    Match find(String method, String path) {
        List<String> segments = split(path);
        // a GET route answers HEAD as well, without the body
        String wanted = method.equals("HEAD") ? "GET" : method;
        TreeSet<String> allowed = new TreeSet<>();
        for (Entry entry : entries) {
            Map<String, String> parameters = parameters(entry.segments(), segments);
            if (parameters == null) {
                continue;
            }
            if (entry.route().method().equals(wanted)) {
                return new Match(entry.route(), parameters);
            }
            allowed.add(entry.route().method());
        }
        if (allowed.isEmpty()) {
            throw new Refusal(404, "there is nothing at this path; /openapi.json lists what there is");
        }
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        String allow = String.join(", ", allowed);
        throw new Refusal(405, "this path is for " + allow, HeaderValues.create(HeaderNames.ALLOW, allow));
    }

    private static @Nullable Map<String, String> parameters(List<String> template, List<String> path) {
        if (template.size() != path.size()) {
            return null;
        }
        Map<String, String> found = new HashMap<>();
        for (int i = 0; i < template.size(); i++) {
            String segment = template.get(i);
            if (segment.startsWith("{")) {
                if (path.get(i).isEmpty()) {
                    return null;
                }
                found.put(segment.substring(1, segment.length() - 1), path.get(i));
            } else if (!segment.equals(path.get(i))) {
                return null;
            }
        }
        return found;
    }

    private static List<String> split(String path) {
        boolean slashAtEnd = path.length() > 1 && path.endsWith("/");
        return List.of((slashAtEnd ? path.substring(0, path.length() - 1) : path).split("/", -1));
    }
}
