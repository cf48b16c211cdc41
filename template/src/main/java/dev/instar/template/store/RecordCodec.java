package dev.instar.template.store;

import dev.instar.template.image.Bytes;
import dev.instar.template.image.InvalidImageException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Records as bytes: components in order, integers big-endian, lists and text after their length, a sealed interface's
 * value after its simple name. One value has exactly one form, so that the digest of the form names the value.
 *
 * <p>This is derived from the records themselves, so that nothing in them can be forgotten here. Input is hostile:
 * every length is held against the bytes that are left, and whatever does not fit is an {@link InvalidImageException}.
 */
final class RecordCodec {
    private static final ClassValue<Shape> SHAPES = new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
            return Shape.of(type);
        }
    };

    private RecordCodec() {}

    /** A record's components in order, and what makes one of them. */
    private record Shape(List<Type> types, List<Method> accessors, Constructor<?> constructor) {
        static Shape of(Class<?> type) {
            List<RecordComponent> components = List.of(type.getRecordComponents());
            try {
                Constructor<?> constructor = type.getDeclaredConstructor(
                        components.stream().map(RecordComponent::getType).toArray(Class<?>[]::new));
                constructor.setAccessible(true);
                List<Method> accessors =
                        components.stream().map(RecordComponent::getAccessor).toList();
                accessors.forEach(accessor -> accessor.setAccessible(true));
                return new Shape(
                        components.stream().map(RecordComponent::getGenericType).toList(), accessors, constructor);
            } catch (NoSuchMethodException impossible) {
                throw new LinkageError("records have a canonical constructor", impossible);
            }
        }

        Object get(int component, Record from) {
            try {
                return accessors.get(component).invoke(from);
            } catch (ReflectiveOperationException impossible) {
                throw new LinkageError("accessors only return", impossible);
            }
        }
    }

    /** @throws InvalidImageException if there is text in it that is not Unicode */
    static byte[] encode(Record value) throws InvalidImageException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(value, value.getClass(), new DataOutputStream(bytes));
        } catch (CharacterCodingException e) {
            throw new InvalidImageException("there is text in it that is not Unicode", e);
        } catch (IOException impossible) {
            throw new AssertionError("memory takes everything", impossible);
        }
        return bytes.toByteArray();
    }

    static <T extends Record> T decode(byte[] bytes, Class<T> type) throws InvalidImageException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        T value = type.cast(read(type, in));
        if (in.hasRemaining()) {
            throw new InvalidImageException(in.remaining() + " bytes behind the end of the metadata");
        }
        return value;
    }

    /** A text that changes with everything that changes the form of a type. */
    static String shape(Class<?> type) {
        Set<String> shapes = new TreeSet<>();
        collectShapes(type, shapes);
        return String.join("\n", shapes);
    }

    private static void collectShapes(Type type, Set<String> shapes) {
        if (type instanceof ParameterizedType list) {
            collectShapes(list.getActualTypeArguments()[0], shapes);
        } else if (type instanceof Class<?> one && one.isSealed()) {
            shapes.add(one.getSimpleName() + " = " + Arrays.toString(one.getPermittedSubclasses()));
            Arrays.stream(one.getPermittedSubclasses()).forEach(each -> collectShapes(each, shapes));
        } else if (type instanceof Class<?> one && one.isRecord()) {
            shapes.add(one.getSimpleName()
                    + Arrays.stream(one.getRecordComponents())
                            .map(component -> component.getGenericType().getTypeName() + " " + component.getName())
                            .toList());
            for (RecordComponent component : one.getRecordComponents()) {
                collectShapes(component.getGenericType(), shapes);
            }
        }
    }

    private static void write(Object value, Type type, DataOutputStream out) throws IOException {
        if (value instanceof List<?> list) {
            out.writeInt(list.size());
            Type element = ((ParameterizedType) type).getActualTypeArguments()[0];
            for (Object each : list) {
                write(each, element, out);
            }
        } else if (value instanceof Record one) {
            if (type instanceof Class<?> declared && declared.isSealed()) {
                writeBytes(text(value.getClass().getSimpleName()), out);
            }
            Shape shape = SHAPES.get(one.getClass());
            for (int i = 0; i < shape.types().size(); i++) {
                write(shape.get(i, one), shape.types().get(i), out);
            }
        } else {
            writeScalar(value, out);
        }
    }

    private static void writeScalar(Object value, DataOutputStream out) throws IOException {
        switch (value) {
            case Integer number -> out.writeInt(number);
            case Long number -> out.writeLong(number);
            case Boolean truth -> out.writeByte(truth ? 1 : 0);
            case String text -> writeBytes(text(text), out);
            case Bytes bytes -> writeBytes(bytes.toArray(), out);
            default -> throw new IllegalArgumentException("no form for " + value.getClass());
        }
    }

    private static byte[] text(String text) throws CharacterCodingException {
        ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    private static void writeBytes(byte[] bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static Object read(Type type, ByteBuffer in) throws InvalidImageException {
        if (type instanceof ParameterizedType list) {
            return readList(list.getActualTypeArguments()[0], in);
        }
        Class<?> one = (Class<?>) type;
        if (one.isSealed()) {
            return readRecord(permitted(one, readText(in)), in);
        }
        return one.isRecord() ? readRecord(one, in) : readScalar(one, in);
    }

    private static List<Object> readList(Type element, ByteBuffer in) throws InvalidImageException {
        // No element takes less than a byte, so that this bounds the loop before memory is taken for anything.
        int count = length(in);
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(read(element, in));
        }
        return list;
    }

    private static Class<?> permitted(Class<?> sealed, String name) throws InvalidImageException {
        for (Class<?> each : sealed.getPermittedSubclasses()) {
            if (each.getSimpleName().equals(name)) {
                return each;
            }
        }
        throw new InvalidImageException("no " + sealed.getSimpleName() + " is of the kind that it says");
    }

    private static Object readRecord(Class<?> type, ByteBuffer in) throws InvalidImageException {
        Shape shape = SHAPES.get(type);
        Object[] values = new Object[shape.types().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = read(shape.types().get(i), in);
        }
        try {
            return shape.constructor().newInstance(values);
        } catch (InvocationTargetException e) {
            throw new InvalidImageException("no " + type.getSimpleName() + " can be like that", e);
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("constructors of records are accessible", impossible);
        }
    }

    private static Object readScalar(Class<?> type, ByteBuffer in) throws InvalidImageException {
        if (type == int.class) {
            need(Integer.BYTES, in);
            return in.getInt();
        } else if (type == long.class) {
            need(Long.BYTES, in);
            return in.getLong();
        } else if (type == boolean.class) {
            need(1, in);
            byte truth = in.get();
            if (truth != 0 && truth != 1) {
                throw new InvalidImageException("neither true nor false: " + truth);
            }
            return truth == 1;
        } else if (type == String.class) {
            return readText(in);
        } else if (type == Bytes.class) {
            return Bytes.of(readBytes(in));
        }
        throw new IllegalArgumentException("no form for " + type);
    }

    private static String readText(ByteBuffer in) throws InvalidImageException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(readBytes(in)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new InvalidImageException("text that is not UTF-8", e);
        }
    }

    private static byte[] readBytes(ByteBuffer in) throws InvalidImageException {
        byte[] bytes = new byte[length(in)];
        in.get(bytes);
        return bytes;
    }

    private static int length(ByteBuffer in) throws InvalidImageException {
        need(Integer.BYTES, in);
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new InvalidImageException("a length of " + length + " where " + in.remaining() + " bytes are left");
        }
        return length;
    }

    private static void need(int bytes, ByteBuffer in) throws InvalidImageException {
        if (in.remaining() < bytes) {
            throw new InvalidImageException("the metadata ends too early");
        }
    }
}
