package dev.instar.linux;

/**
 * Sizes and offsets of the structures in {@code launcher.c}; a test compares them with what the program itself prints.
 */
final class LauncherLayout {
    static final int MAGIC = 0x31505349;
    static final int MESSAGE_SIZE = 128 * 1024;
    static final int MAXIMUM_FDS = 80;
    static final int MAXIMUM_STEPS = 1024;
    static final int SPECIAL_CLONE = 0x10000;
    static final int SPECIAL_PAUSE = 0x10001;
    static final int SPECIAL_PERSIST = 0x10002;
    static final int SPECIAL_WAKE = 0x10003;
    static final int SPECIAL_LOAD = 0x10004;
    static final int KEEP_SIGNAL_MASK = 1;
    static final int KEEP_PID_NAMESPACE = 2;
    static final int CONTROL_FD = 900;

    static final int HEADER = 16;
    static final int STEP = 72;
    static final int STEP_TOLERATED = 4;
    static final int STEP_STORE = 8;
    static final int STEP_KINDS = 12;
    static final int STEP_ARGUMENTS = 24;
    static final int POINTER = 8;

    static final int ANSWER = 48;
    static final int ANSWER_STEP = 4;
    static final int ANSWER_ERROR = 8;
    static final int ANSWER_PID = 12;
    static final int ANSWER_RESULT = 16;
    static final int ANSWER_STATUS = 24;
    static final int ANSWER_CPU_NANOS = 32;
    static final int ANSWER_PEAK_KIB = 40;

    static final int THREAD = 64;
    static final int THREAD_ROBUST_LIST = 0;
    static final int THREAD_RSEQ = 8;
    static final int THREAD_RSEQ_SIZE = 16;
    static final int THREAD_RSEQ_SIGNATURE = 20;
    static final int THREAD_CLEAR_THREAD_ID = 24;
    static final int THREAD_THREAD_POINTER = 32;
    static final int THREAD_FRAME = 40;
    static final int THREAD_NAME = 48;

    static final int DONE = 1;
    static final int FAILED = 2;
    static final int EXITED = 3;

    private LauncherLayout() {}
}
