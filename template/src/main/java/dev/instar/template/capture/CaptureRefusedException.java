package dev.instar.template.capture;

/** A process has something that cannot be cloned. It goes on as before. */
public class CaptureRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String object;
    private final String remedy;

    /**
     * @param object what cannot be cloned, as {@code descriptor 7: a connected TCP socket to 10.0.0.1:5432}
     * @param remedy what the owner of the function can do, as a sentence without a full stop
     */
    public CaptureRefusedException(String object, String remedy) {
        super("cannot capture " + object + "; " + remedy);
        this.object = object;
        this.remedy = remedy;
    }

    /** What cannot be cloned. */
    public String object() {
        return object;
    }

    /** What the owner of the function can do. */
    public String remedy() {
        return remedy;
    }
}
