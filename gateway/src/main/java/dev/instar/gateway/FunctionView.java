package dev.instar.gateway;

import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.deploy.DeployRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/** Functions and versions as the API shows them: OpenFaaS's fields first, then the product's own. */
final class FunctionView {
    private FunctionView() {}

    static Map<String, Object> of(FunctionStatus status, boolean usage) {
        FunctionSpec spec = status.current().spec();
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("name", spec.name().name());
        view.put("namespace", spec.name().namespace());
        view.put("envProcess", String.join(" ", spec.command()));
        view.put("replicas", status.replicas());
        view.put("availableReplicas", status.replicas());
        view.put("invocationCount", status.invocations());
        view.put("createdAt", status.current().createdAt().toString());
        if (usage) {
            view.put("usage", usage(status));
        }
        view.put("version", status.current().number());
        view.put("versions", status.versions());
        view.put("digest", status.current().digest());
        view.put("idle", status.idle());
        view.put("queued", status.queued());
        view.put("requestedReplicas", status.requestedReplicas());
        // image, envVars, labels, annotations, limits and secrets among them
        DeployRequest.fields(spec).forEach(view::putIfAbsent);
        view.remove("service");
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
