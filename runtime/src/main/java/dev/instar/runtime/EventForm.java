package dev.instar.runtime;

/** How a Lambda handler is called; other conventions take no notice of it. */
public enum EventForm {
    /** The event describes an HTTP request, payload format 2.0. */
    HTTP("http"),
    /** The event is the JSON body itself. */
    RAW("raw");

    private final String wireName;

    EventForm(String wireName) {
        this.wireName = wireName;
    }

    /** The name on the wire. */
    public String wireName() {
        return wireName;
    }
}
