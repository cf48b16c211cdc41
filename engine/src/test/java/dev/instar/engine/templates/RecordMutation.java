package dev.instar.engine.templates;

import dev.instar.template.image.Bytes;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Changes one field, drawn at random, somewhere in a tree of records. Not thread-safe. */
final class RecordMutation {
    private static final long[] NUMBERS = {
        -1,
        0,
        1,
        2,
        3,
        7,
        900,
        1000,
        4096,
        0xffff,
        1L << 31,
        1L << 32,
        0x5000_0000_0000L,
        0x5000_2000_0000L,
        0x7fff_ffff_f000L,
        1L << 47,
        Long.MIN_VALUE,
        Long.MAX_VALUE
    };
    private static final String[] TEXTS = {
        "",
        "/",
        "/proc/self/exe",
        "/proc/1/root/etc/shadow",
        "/etc/shadow",
        "/dev/zero",
        "/dev/null",
        "/tmp",
        "/function",
        "/usr/bin/../../etc/shadow",
        "/dev/stdin",
        "[vdso]",
        "[vvar]",
        "0".repeat(64)
    };

    private final Random random;
    private int leaf;
    private int chosen;
    private String place = "";

    RecordMutation(Random random) {
        this.random = random;
    }

    /** Where the last change was made and what it was. */
    String place() {
        return place;
    }

    /** A copy with one field changed. */
    <T extends Record> T mutate(T root) {
        leaf = 0;
        chosen = -1;
        rebuild(root, "");
        chosen = random.nextInt(leaf);
        leaf = 0;
        @SuppressWarnings("unchecked")
        T changed = (T) rebuild(root, "");
        return changed;
    }

    private Object rebuild(Object value, String path) {
        return switch (value) {
            case Record record -> rebuildRecord(record, path);
            case List<?> list -> {
                List<Object> rebuilt = new ArrayList<>();
                for (int i = 0; i < list.size(); i++) {
                    rebuilt.add(rebuild(list.get(i), path + "[" + i + "]"));
                }
                if (leaf++ == chosen && !rebuilt.isEmpty()) {
                    place = path + " shortened or lengthened";
                    int which = random.nextInt(rebuilt.size());
                    if (random.nextBoolean()) {
                        rebuilt.remove(which);
                    } else {
                        rebuilt.add(which, rebuilt.get(random.nextInt(rebuilt.size())));
                    }
                }
                yield rebuilt;
            }
            default -> leaf++ == chosen ? note(path, change(value)) : value;
        };
    }

    private Object note(String path, Object changed) {
        place = path + " = " + (changed instanceof Bytes ? "other bytes" : changed);
        return changed;
    }

    private Record rebuildRecord(Record record, String path) {
        RecordComponent[] components = record.getClass().getRecordComponents();
        try {
            Object[] values = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                values[i] = rebuild(components[i].getAccessor().invoke(record), path + "." + components[i].getName());
            }
            Constructor<?> constructor = record.getClass()
                    .getDeclaredConstructor(Arrays.stream(components)
                            .map(RecordComponent::getType)
                            .toArray(Class<?>[]::new));
            return (Record) constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private Object change(Object value) {
        return switch (value) {
            case Boolean flag -> !flag;
            case Integer number -> (int) number(number);
            case Long number -> number(number);
            case String text -> TEXTS[random.nextInt(TEXTS.length)];
            case Bytes bytes -> bytes(bytes.toArray());
            default -> throw new IllegalArgumentException(value.getClass().toString());
        };
    }

    private long number(long value) {
        return switch (random.nextInt(4)) {
            case 0 -> NUMBERS[random.nextInt(NUMBERS.length)];
            case 1 -> value ^ 1L << random.nextInt(48);
            case 2 -> value + 4096L * (random.nextInt(33) - 16);
            default -> value + random.nextInt(17) - 8;
        };
    }

    private Bytes bytes(byte[] bytes) {
        if (bytes.length == 0 || random.nextInt(8) == 0) {
            return Bytes.of(Arrays.copyOf(bytes, random.nextInt(2 * bytes.length + 2)));
        }
        int word = random.nextInt(bytes.length) & -8;
        long value = number(0);
        for (int i = 0; i < 8 && word + i < bytes.length; i++) {
            bytes[word + i] = (byte) (value >> 8 * i);
        }
        return Bytes.of(bytes);
    }
}
