package dev.instar.engine.templates;

import dev.instar.engine.SecretService;
import java.util.List;

/** Secrets whose changes reach the templates that may hold them. Thread-safe. */
public final class ObservedSecrets implements SecretService {
    private final SecretService secrets;
    private final Templates templates;

    /** @param secrets where they are kept */
    public ObservedSecrets(SecretService secrets, Templates templates) {
        this.secrets = secrets;
        this.templates = templates;
    }

    @Override
    public List<String> list(String namespace) {
        return secrets.list(namespace);
    }

    @Override
    public void create(String namespace, String name, byte[] value) {
        secrets.create(namespace, name, value);
        templates.secretChanged(namespace, name);
    }

    @Override
    public void update(String namespace, String name, byte[] value) {
        secrets.update(namespace, name, value);
        templates.secretChanged(namespace, name);
    }

    @Override
    public void delete(String namespace, String name) {
        secrets.delete(namespace, name);
    }
}
