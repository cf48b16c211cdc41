package dev.instar.linux;

/** What wait4(2) reports of a traced thread. */
record WaitStatus(int value) {
    private static final int STOPPED = 0x7f;
    private static final int SIGTRAP = 5;
    private static final int SYSTEM_CALL = SIGTRAP | 0x80;
    private static final int EVENT_EXEC = 4;
    private static final int EVENT_STOP = 128;

    /** It exists no more. */
    boolean ended() {
        return (value & 0xff) != STOPPED;
    }

    /** It stopped because it was asked to, or with its whole process. */
    boolean interrupted() {
        return !ended() && value >> 16 == EVENT_STOP;
    }

    /** It stopped because it executes another program, within the call. */
    boolean executed() {
        return !ended() && value >> 16 == EVENT_EXEC;
    }

    /** It stopped at the begin or the end of a system call. */
    boolean atSystemCall() {
        return !ended() && value >> 16 == 0 && signal() == SYSTEM_CALL;
    }

    /** The signal that is about to be delivered, if it is none of the other stops. */
    int signal() {
        return (value >> 8) & 0xff;
    }
}
