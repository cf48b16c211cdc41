package dev.instar.gateway;

import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TemplateStatus.ImageFacts;
import java.util.LinkedHashMap;
import java.util.Map;

/** A function's memory template as the API shows it. */
final class TemplateView {
    private TemplateView() {}

    static Map<String, Object> of(TemplateStatus status) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("name", status.function().name());
        view.put("namespace", status.function().namespace());
        view.put("version", status.version());
        view.put("state", status.state().word());
        view.put("reason", status.reason());
        view.put("warnings", status.warnings());
        ImageFacts image = status.image();
        if (image != null) {
            view.put("image", of(image));
        }
        return view;
    }

    private static Map<String, Object> of(ImageFacts image) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("id", image.id());
        view.put("createdAt", image.createdAt().toString());
        view.put("contentBytes", image.contentBytes());
        view.put("addedBytes", image.addedBytes());
        view.put("sharedBytes", image.sharedBytes());
        view.put("regions", image.regions());
        view.put("threads", image.threads());
        view.put("mayHoldSecrets", image.mayHoldSecrets());
        return view;
    }
}
