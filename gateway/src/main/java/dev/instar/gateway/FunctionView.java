package dev.instar.gateway;

import dev.instar.engine.FunctionStatus;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.deploy.FunctionListing;
import java.util.LinkedHashMap;
import java.util.Map;

/** Functions and versions as the API shows them: OpenFaaS's fields and the product's own. */
final class FunctionView {
    private FunctionView() {}

    static Map<String, Object> of(FunctionStatus status, boolean usage) {
        Map<String, Object> view = FunctionListing.of(status);
        if (usage) {
            view.put("usage", usage(status));
        }
        return view;
    }

    private static Map<String, Object> usage(FunctionStatus status) {
        Map<String, Object> usage = new LinkedHashMap<>();
        usage.put("totalMemoryBytes", status.privateBytes() + status.sharedBytes());
        usage.put("privateBytes", status.privateBytes());
        usage.put("sharedBytes", status.sharedBytes());
        return usage;
    }

    static Map<String, Object> of(FunctionVersion version) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("name", version.spec().name().name());
        view.put("namespace", version.spec().name().namespace());
        view.put("version", version.number());
        view.put("digest", version.digest());
        view.put("image", version.spec().code());
        view.put("createdAt", version.createdAt().toString());
        return view;
    }
}
