package dev.instar.cli.client;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What a request proves its sender with. */
public sealed interface Credentials {
    /** The value of the {@code Authorization} header, or empty for none. */
    String authorization();

    /** No credentials: only public functions answer. */
    record None() implements Credentials {
        @Override
        public String authorization() {
            return "";
        }
    }

    /** A user name and password. */
    record Password(String user, String password) implements Credentials {
        @Override
        public String authorization() {
            byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair);
        }

        /** Without the password, which must not reach logs. */
        @Override
        public String toString() {
            return "Password[user=" + user + "]";
        }
    }

    /** A token made by {@code instar token create}. */
    record Token(String text) implements Credentials {
        @Override
        public String authorization() {
            return "Bearer " + text;
        }

        /** Without the text, which must not reach logs. */
        @Override
        public String toString() {
            return "Token[]";
        }
    }
}
