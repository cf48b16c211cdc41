package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Enum constants as users write them: {@code OPENFAAS_HTTP} is {@code openfaas-http}. */
final class Words {
    private Words() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws InvalidRequestException listing the words there are */
    static <E extends Enum<E>> E parse(Class<E> type, String word) {
        List<String> words = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            if (of(constant).equals(word)) {
                return constant;
            }
            words.add(of(constant));
        }
        throw new InvalidRequestException("expected one of " + String.join(", ", words) + ", found \"" + word + "\"");
    }
}
