package dev.instar.runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How to start a shim: program, arguments and complete environment as seen inside a sandbox.
 *
 * @param argv program and arguments
 * @param environment every variable
 */
public record RuntimeCommand(List<String> argv, Map<String, String> environment) {
    private static final int MOST_WORKERS = 4;

    /** Takes unmodifiable copies. */
    public RuntimeCommand {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
    }

    /**
     * Where things are inside a sandbox.
     *
     * @param shims directory that {@link RuntimeFiles#extractTo} filled
     * @param function the function's code
     * @param layers directory with one directory {@code 0}, {@code 1}, … for each layer
     */
    public record Places(String shims, String function, String layers) {
        /** The places every sandbox has. */
        public static final Places STANDARD = new Places("/instar", "/function", "/layers");
    }

    /**
     * The command of a runtime.
     *
     * @param layers how many layers the function has
     * @param cpuMillis the function's limit in thousandths of a processor
     * @param environment the user's variables; they win over the defaults, except that the search paths for modules
     *     ({@code PYTHONPATH}, {@code NODE_PATH}) are put after the function's own
     */
    public static RuntimeCommand of(
            RuntimeKind kind, Places places, int layers, int cpuMillis, Map<String, String> environment) {
        List<String> options = kind == RuntimeKind.NODE ? List.of(workers(cpuMillis)) : List.of();
        return new RuntimeCommand(argv(kind, places, options), variables(kind, places, layers, environment));
    }

    /**
     * The command of a process that is to become a template; as {@link #of}, but for an option of Node: without
     * {@code --no-memory-reducer} every clone runs a full collection soon after its start, which writes to most of its
     * memory, since the timer for it is overdue. The option has no effect when it is set later.
     */
    public static RuntimeCommand forTemplate(
            RuntimeKind kind, Places places, int layers, int cpuMillis, Map<String, String> environment) {
        List<String> options =
                kind == RuntimeKind.NODE ? List.of("--no-memory-reducer", workers(cpuMillis)) : List.of();
        return new RuntimeCommand(argv(kind, places, options), variables(kind, places, layers, environment));
    }

    /**
     * Threads of V8 for collecting garbage and compiling. Its own choice is four, whatever the limit: threads that one
     * processor cannot run at once, and of which each costs a clone a stack in the kernel, one of its own, and page
     * tables.
     */
    private static String workers(int cpuMillis) {
        return "--v8-pool-size=" + Math.clamp(Math.ceilDiv(cpuMillis, 1000), 1, MOST_WORKERS);
    }

    private static Map<String, String> variables(
            RuntimeKind kind, Places places, int layers, Map<String, String> environment) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        variables.put("HOME", "/tmp");
        variables.put("LANG", "C.UTF-8");
        if (kind == RuntimeKind.PYTHON) {
            // The code is read-only, so writing bytecode next to it would only fail, at a price.
            variables.put("PYTHONDONTWRITEBYTECODE", "1");
        }
        variables.putAll(environment);
        switch (kind) {
            case PYTHON -> prepend(variables, "PYTHONPATH", pythonPath(places, layers));
            case NODE -> prepend(variables, "NODE_PATH", nodePath(places, layers));
            case PROGRAM -> {}
        }
        return variables;
    }

    /**
     * {@code -S} leaves out {@code site}, which alone takes as long as the rest of the interpreter's start; the shim
     * adds the directories of the machine's packages itself. {@code -s} leaves out a per-user directory nobody has
     * here.
     */
    private static List<String> argv(RuntimeKind kind, Places places, List<String> nodeOptions) {
        return switch (kind) {
            case PYTHON ->
                List.of("/usr/bin/python3", "-S", "-s", places.shims() + "/python/shim.pyc", places.function());
            case NODE -> {
                List<String> argv = new ArrayList<>(List.of("/usr/bin/node"));
                argv.addAll(nodeOptions);
                argv.addAll(List.of(places.shims() + "/node/shim.js", places.function()));
                yield argv;
            }
            case PROGRAM ->
                List.of("/usr/bin/python3", "-I", "-S", places.shims() + "/python/shim.pyc", places.function());
        };
    }

    private static String pythonPath(Places places, int layers) {
        StringBuilder path = new StringBuilder(places.function())
                .append(':')
                .append(places.function())
                .append("/python-packages");
        for (int i = 0; i < layers; i++) {
            String layer = places.layers() + "/" + i;
            path.append(':').append(layer).append("/python:").append(layer);
        }
        return path.toString();
    }

    private static String nodePath(Places places, int layers) {
        StringBuilder path = new StringBuilder(places.function()).append("/node_modules");
        for (int i = 0; i < layers; i++) {
            String layer = places.layers() + "/" + i;
            path.append(':')
                    .append(layer)
                    .append("/nodejs/node_modules:")
                    .append(layer)
                    .append("/node_modules");
        }
        // Where Debian installs its packages of Node modules, and the module `instar` that functions ask for.
        return path.append(":/usr/share/nodejs:/usr/lib/nodejs:")
                .append(places.shims())
                .append("/node/modules")
                .toString();
    }

    private static void prepend(Map<String, String> variables, String name, String path) {
        String given = variables.get(name);
        variables.put(name, given == null || given.isEmpty() ? path : path + ":" + given);
    }
}
