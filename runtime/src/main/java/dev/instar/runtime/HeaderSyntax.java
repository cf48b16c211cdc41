package dev.instar.runtime;

/**
 * What may stand in a header field of a reply. An instance that could send a line break in a value could write replies
 * of its own into the caller's connection.
 */
final class HeaderSyntax {
    private static final boolean[] TOKEN = new boolean[128];

    static {
        for (char c = '0'; c <= 'z'; c++) {
            TOKEN[c] = Character.isLetterOrDigit(c);
        }
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            TOKEN[c] = true;
        }
    }

    private HeaderSyntax() {}

    /**
     * The field, if it is well-formed.
     *
     * @throws ChannelException if the name is not a token or the value holds a control character other than TAB
     */
    static HeaderField check(String name, String value) {
        if (name.isEmpty()) {
            throw new ChannelException("the instance replied with an empty header name");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 128 || !TOKEN[c]) {
                throw new ChannelException("the instance replied with a header name that is not a token");
            }
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 127) {
                throw new ChannelException("the instance replied with a control character in header " + name);
            }
        }
        return new HeaderField(name, value);
    }
}
