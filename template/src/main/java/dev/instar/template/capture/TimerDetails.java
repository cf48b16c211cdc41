package dev.instar.template.capture;

import dev.instar.linux.OpenDescriptor;
import dev.instar.template.image.Descriptor.Timer;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a timer descriptor. */
final class TimerDetails {
    private static final Pattern TIME = Pattern.compile("\\((\\d+), (\\d+)\\)");
    private static final int TFD_TIMER_ABSTIME = 1;

    private TimerDetails() {}

    /** The timer; one that has fired without having been read is to fire again at once. */
    static Timer of(OpenDescriptor timer, int flags) {
        boolean fired = !timer.detail("ticks").orElse("0").equals("0");
        int settings = Integer.parseInt(timer.detail("settime flags").orElse("0"), 8);
        return new Timer(
                timer.number(),
                timer.closeOnExec(),
                Integer.parseInt(timer.detail("clockid").orElse("0")),
                flags,
                (settings & TFD_TIMER_ABSTIME) != 0,
                fired ? 1 : nanos(timer, "it_value"),
                nanos(timer, "it_interval"));
    }

    private static long nanos(OpenDescriptor timer, String key) {
        Matcher time = TIME.matcher(timer.detail(key).orElse("(0, 0)"));
        if (!time.matches()) {
            throw new IllegalArgumentException("not a timer: " + timer);
        }
        return TimeUnit.SECONDS.toNanos(Long.parseLong(time.group(1))) + Long.parseLong(time.group(2));
    }
}
