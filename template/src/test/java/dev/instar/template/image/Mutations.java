package dev.instar.template.image;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** Records with one thing changed, named by its path: {@code threads[0].registers}. */
public final class Mutations {
    private static final List<Object> INTEGERS = List.of(Integer.MIN_VALUE, -1, 0, 1, 4096, 65535, Integer.MAX_VALUE);
    private static final List<Object> LONGS =
            List.of(Long.MIN_VALUE, -1L, 0L, 1L, 4096L, 0xffffL, 1L << 32, 0x7fff_ffff_f000L, 1L << 47, Long.MAX_VALUE);
    private static final List<Object> TEXTS =
            List.of("", "/", "x", "\0", "/a/../b", "a".repeat(5000), "/" + "é".repeat(3000), "\ud800", "[vvar]", "]");

    private Mutations() {}

    /** The record with what is at the path replaced. */
    public static <T extends Record> T with(T root, String path, Object value) {
        @SuppressWarnings("unchecked")
        T changed = (T) replace(root, path, value);
        return changed;
    }

    private static Object replace(Object in, String path, Object value) {
        if (path.isEmpty()) {
            return value;
        }
        if (path.startsWith("[")) {
            int index = Integer.parseInt(path.substring(1, path.indexOf(']')));
            List<Object> list = new ArrayList<>((List<?>) in);
            list.set(index, replace(list.get(index), path.substring(path.indexOf(']') + 1), value));
            return list;
        }
        String rest = path.startsWith(".") ? path.substring(1) : path;
        int end = 0;
        while (end < rest.length() && rest.charAt(end) != '.' && rest.charAt(end) != '[') {
            end++;
        }
        String name = rest.substring(0, end);
        String behind = rest.substring(end);
        return rebuild((Record) in, name, old -> replace(old, behind, value));
    }

    private interface Change {
        Object apply(Object old);
    }

    private static Object rebuild(Record record, String component, Change change) {
        RecordComponent[] components = record.getClass().getRecordComponents();
        Object[] values = new Object[components.length];
        boolean found = false;
        for (int i = 0; i < components.length; i++) {
            values[i] = get(components[i], record);
            if (components[i].getName().equals(component)) {
                values[i] = change.apply(values[i]);
                found = true;
            }
        }
        if (!found) {
            throw new IllegalArgumentException(record.getClass() + " has no " + component);
        }
        try {
            Constructor<?> constructor = record.getClass()
                    .getDeclaredConstructor(Arrays.stream(components)
                            .map(RecordComponent::getType)
                            .toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object get(RecordComponent component, Record record) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Calls back with every record that differs from this in one place, values taken from what tends to hurt. */
    public static void forEach(Record root, Consumer<Record> action) {
        visit(root, "", path -> value -> action.accept(with(root, path, value)));
    }

    private interface Replacer {
        Consumer<Object> at(String path);
    }

    private static void visit(Object value, String path, Replacer replace) {
        switch (value) {
            case Integer number -> INTEGERS.forEach(replace.at(path));
            case Long number -> LONGS.forEach(replace.at(path));
            case Boolean truth -> replace.at(path).accept(!truth);
            case String text -> TEXTS.forEach(replace.at(path));
            case Bytes bytes -> visitBytes(bytes, replace.at(path));
            case List<?> list -> visitList(list, path, replace);
            case Record record -> {
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    visit(get(component, record), path + "." + component.getName(), replace);
                }
            }
            default -> throw new IllegalArgumentException(value.getClass().toString());
        }
    }

    private static void visitBytes(Bytes bytes, Consumer<Object> replace) {
        byte[] content = bytes.toArray();
        replace.accept(Bytes.of(new byte[0]));
        replace.accept(Bytes.of(Arrays.copyOf(content, content.length + 1)));
        replace.accept(Bytes.of(new byte[1 << 17]));
        for (int word = 0; word + 8 <= Math.min(content.length, 600); word += 8) {
            byte[] changed = content.clone();
            Arrays.fill(changed, word, word + 8, (byte) 0xff);
            replace.accept(Bytes.of(changed));
        }
    }

    private static void visitList(List<?> list, String path, Replacer replace) {
        replace.at(path).accept(List.of());
        if (!list.isEmpty()) {
            List<Object> twice = new ArrayList<>(list);
            twice.addAll(list);
            replace.at(path).accept(twice);
            List<Object> reversed = new ArrayList<>(list);
            Collections.reverse(reversed);
            replace.at(path).accept(reversed);
            replace.at(path).accept(list.subList(1, list.size()));
        }
        for (int i = 0; i < list.size(); i++) {
            visit(list.get(i), path + "[" + i + "]", replace);
        }
    }
}
