package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.util.regex.Pattern;

/** What a secret may be called: its name is a file name in the sandbox. */
public final class SecretName {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

    private SecretName() {}

    /**
     * The name itself.
     *
     * @throws InvalidRequestException if it is not 1 to 63 of letters, digits, dot, underscore and dash, starting and
     *     ending with a letter or digit
     */
    public static String require(String name) {
        if (!FORM.matcher(name).matches()) {
            throw new InvalidRequestException("a secret's name must be 1 to 63 of A-Z, a-z, 0-9, '.', '_' and '-', "
                    + "starting and ending with a letter or digit: \"" + name + "\"");
        }
        return name;
    }
}
