package dev.instar.engine.deploy;

import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.FunctionVersion;
import java.util.Map;
import java.util.TreeMap;

/** A function as lists and descriptions show it: OpenFaaS's fields, and those of {@link DeployRequest}. */
public final class FunctionListing {
    private FunctionListing() {}

    /** Fields with sorted names; values are strings, numbers, truth values, lists and maps, ready for a JSON writer. */
    public static Map<String, Object> of(FunctionStatus status) {
        FunctionVersion current = status.current();
        FunctionSpec spec = current.spec();
        Map<String, Object> fields = new TreeMap<>(DeployRequest.fields(spec));
        fields.remove("service");
        fields.put("name", spec.name().name());
        fields.put("envProcess", String.join(" ", spec.command()));
        fields.put("createdAt", current.createdAt().toString());
        fields.put("replicas", status.replicas());
        fields.put("availableReplicas", status.replicas());
        fields.put("invocationCount", status.invocations());
        fields.put("version", current.number());
        fields.put("versionDigest", current.digest());
        fields.put("versions", status.versions());
        fields.put("idleReplicas", status.idle());
        fields.put("requestedReplicas", status.requestedReplicas());
        fields.put("queued", status.queued());
        fields.put("privateBytes", status.privateBytes());
        fields.put("sharedBytes", status.sharedBytes());
        return fields;
    }
}
