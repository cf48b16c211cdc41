package dev.instar.engine.templates;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an instance reports of itself (circumstances.py, circumstances.js), in a form in which two instances of one
 * function can be compared: numbers that name the instance itself, such as those of its namespaces, are replaced, and
 * what it has used of memory and time so far is left out.
 */
final class Circumstances {
    /** Figures of use, addresses, and what says where a thread stands this moment. */
    private static final Set<String> OF_THE_MOMENT =
            Set.of("smaps_rollup", "oom_score", "syscall", "wchan", "auxv", "arch_status", "ksm_stat");

    private static final Pattern FIGURES =
            Pattern.compile("Vm\\w+|Rss\\w+|HugetlbPages|\\w*voluntary_ctxt_switches|State");
    private static final Set<String> OWN_IDS = Set.of("Tgid", "Pid", "NStgid", "NSpid", "NSpgid", "NSsid");

    /** Of stat, by proc(5): what is no figure, address or id. */
    private static final int[] STAT = {4, 7, 8, 9, 18, 19, 20, 31, 32, 33, 34, 38, 40, 41};

    private final Map<String, String> facts = new TreeMap<>();
    private final String own;

    private Circumstances(JsonNode report) {
        own = report.path("ids").path("pid").asString();
        report.properties().forEach(each -> add(each.getKey(), each.getValue()));
    }

    static Circumstances parse(String report) {
        return new Circumstances(JsonMapper.shared().readTree(report));
    }

    Map<String, String> facts() {
        return facts;
    }

    /** What differs in another instance: the fact's name, and its value here and there. */
    Map<String, String> differences(Circumstances other) {
        Set<String> names = new TreeSet<>(facts.keySet());
        names.addAll(other.facts.keySet());
        Map<String, String> different = new TreeMap<>();
        for (String name : names) {
            String here = facts.getOrDefault(name, "(none)");
            String there = other.facts.getOrDefault(name, "(none)");
            if (!here.equals(there)) {
                different.put(name, here + " | " + there);
            }
        }
        return different;
    }

    private void add(String name, JsonNode value) {
        if (OF_THE_MOMENT.contains(name)) {
            return;
        }
        switch (name) {
            case "maps" -> maps(value.asString());
            case "status" -> status("status", value.asString(), true);
            case "sched" -> sched("sched", value.asString());
            case "stat" -> stat(value.asString());
            case "mountinfo" -> facts.put(name, mounts(value.asString()));
            case "fd" -> value.properties().forEach(each -> descriptor(each.getKey(), each.getValue()));
            case "threads" -> threads(value);
            case "ns" -> facts.put(name, value.toString().replaceAll("\\[4026[0-9]+]", "[N]"));
            case "ids" -> ids(value);
            case "processes" -> facts.put(name, value.toString().replace("\"" + own + "\"", "own"));
            default -> facts.put(name, plain(value.isString() ? value.asString() : value.toString()));
        }
    }

    private static String plain(String text) {
        return text.replaceAll("\\b16\\d{8}\\b", "HOST")
                .replaceAll("(t\\w+)-\\d+\\b", "$1-N")
                .replaceAll("autogroup-\\d+", "autogroup-N");
    }

    private void maps(String text) {
        Set<String> permissions = new TreeSet<>();
        for (String line : text.lines().toList()) {
            String[] fields = line.split(" +", 6);
            String name = fields.length == 6 && !fields[5].isEmpty() ? fields[5] : "anonymous";
            permissions.add(fields[1]);
            facts.put("mapped: " + name, "");
            if (fields[1].contains("x")) {
                facts.put("executable: " + name, "");
            }
        }
        facts.put("permissions", permissions.toString());
    }

    private void status(String prefix, String text, boolean main) {
        for (String line : text.lines().toList()) {
            int colon = line.indexOf(':');
            String key = line.substring(0, colon);
            if (!FIGURES.matcher(key).matches()) {
                String value = line.substring(colon + 1).strip();
                if (OWN_IDS.contains(key)) {
                    value = value.equals(own) ? "own" : main || !key.matches("Pid|NSpid") ? value : "of its own";
                }
                facts.put(prefix + ": " + key, key.equals("SigBlk") ? blocked(value) : value);
            }
        }
    }

    /** Without the two signals that the C library keeps for itself and blocks for moments. */
    private static String blocked(String mask) {
        return Long.toHexString(Long.parseUnsignedLong(mask, 16) & ~(3L << 31));
    }

    private void sched(String prefix, String text) {
        text.lines()
                .filter(line -> line.matches("(policy|prio) .*"))
                .forEach(line -> facts.put(prefix + ": " + line.split(" +")[0], line.split(" +")[2]));
    }

    private void stat(String text) {
        List<String> fields =
                Arrays.asList(text.substring(text.lastIndexOf(')') + 2).strip().split(" "));
        for (int number : STAT) {
            facts.put("stat: field " + number, fields.get(number - 3));
        }
    }

    private static String mounts(String text) {
        return text.lines()
                .map(line -> line.replaceFirst("^\\d+ \\d+ ", "").replaceFirst("^0:\\d+ ", "0:N "))
                .sorted()
                .toList()
                .toString();
    }

    private void descriptor(String number, JsonNode value) {
        List<String> details = new ArrayList<>();
        value.path("info")
                .asString()
                .lines()
                .filter(line -> !line.matches("(mnt_id|ino|eventfd-id|pos):.*"))
                .map(line -> line.replaceAll(" +ino:\\w+", ""))
                .sorted()
                .forEach(details::add);
        String link =
                value.path("link").asString().replaceAll("\\[\\d+]", "[N]").replaceAll("/proc/\\d+", "/proc/own");
        facts.put("descriptor " + number, link + " " + details);
        facts.put(
                "descriptor " + number + ": rights",
                Stream.of("rights", "owner", "mode")
                        .map(key -> value.path(key).toString())
                        .toList()
                        .toString());
    }

    private void threads(JsonNode threads) {
        facts.put("threads", Integer.toString(threads.size()));
        int index = 0;
        for (Map.Entry<String, JsonNode> thread : threads.properties()) {
            String prefix = "thread " + index;
            boolean main = index == 0;
            thread.getValue().properties().forEach(each -> {
                String name = prefix + " " + each.getKey();
                String text = each.getValue().asString();
                switch (each.getKey()) {
                    case "status" -> status(name, text, main);
                    case "sched" -> sched(name, text);
                    default -> facts.put(name, text.strip());
                }
            });
            index++;
        }
    }

    private void ids(JsonNode ids) {
        ids.properties().forEach(each -> {
            String value = each.getValue().toString();
            boolean follows = each.getKey().matches("session|group");
            facts.put("ids: " + each.getKey(), follows && value.equals(own) ? "own" : value);
        });
    }
}
