package dev.instar.sandbox;

import dev.instar.linux.HostCommand;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands {@code ip} and {@code nft} in one network namespace.
 *
 * @param enter what to put before each command to be in that namespace; nothing for this process's own
 */
record HostNetwork(List<String> enter) {
    /** The namespace that this process is in. */
    static final HostNetwork OWN = new HostNetwork(List.of());

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Map<String, String> PACKAGES =
            Map.of("ip", "iproute2", "nft", "nftables", "nsenter", "util-linux", "sh", "dash");
    private static final Pattern FORWARDING = Pattern.compile("(?m)^(?:ipv4|inet) (\\S+) forwarding (on|off)");

    /** Runs a batch of {@code ip} commands, up to the first that fails. */
    void ip(String batch) throws IOException {
        require(run(List.of(program("ip"), "-batch", "-"), batch), "ip", batch);
    }

    /**
     * Runs a batch of {@code ip} commands, passing over those that fail.
     *
     * @return whether all succeeded
     */
    boolean ipWhereExists(String batch) throws IOException {
        return run(List.of(program("ip"), "-force", "-batch", "-"), batch).succeeded();
    }

    /** Runs a batch of {@code ip} commands in the network namespace of a process. */
    static void ipOf(int pid, String batch) throws IOException {
        HostNetwork inside = new HostNetwork(List.of(program("nsenter"), "--net=/proc/" + pid + "/ns/net"));
        inside.ip(batch);
    }

    /** What an {@code ip} command prints. */
    String ipOutput(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program("ip")));
        command.addAll(List.of(arguments));
        return require(run(command, ""), "ip", String.join(" ", arguments));
    }

    /** Loads a script, as a whole or not at all. */
    void nft(String script) throws IOException {
        require(run(List.of(program("nft"), "-f", "-"), script), "nft", script);
    }

    /** What an {@code nft} command prints. */
    String nftOutput(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program("nft")));
        command.addAll(List.of(arguments));
        return require(run(command, ""), "nft", String.join(" ", arguments));
    }

    /** Whether packets that come in through a device may be passed on; {@code all} is the namespace's own setting. */
    boolean isForwarding(String device) throws IOException {
        Matcher line = FORWARDING.matcher(ipOutput("-4", "netconf", "show"));
        while (line.find()) {
            if (line.group(1).equals(device)) {
                return line.group(2).equals("on");
            }
        }
        throw new IOException("ip netconf does not tell whether " + device + " forwards");
    }

    void setForwarding(String device, boolean on) throws IOException {
        List<String> command = List.of(
                program("sh"),
                "-c",
                "echo $1 > \"/proc/sys/net/ipv4/conf/$2/forwarding\"",
                "sh",
                on ? "1" : "0",
                device);
        require(run(command, ""), "sh", "forwarding of " + device);
    }

    private HostCommand.Outcome run(List<String> command, String input) throws IOException {
        List<String> entered = new ArrayList<>(enter);
        entered.addAll(command);
        return HostCommand.run(entered, input, TIMEOUT);
    }

    private static String require(HostCommand.Outcome outcome, String program, String what) throws IOException {
        if (!outcome.succeeded()) {
            throw new IOException(program + " failed with status " + outcome.status() + ": "
                    + outcome.output().strip() + " (running: " + what.strip() + ")");
        }
        return outcome.output();
    }

    /**
     * Where a program is.
     *
     * @throws IOException if it is not installed, naming the Debian package that has it
     */
    static String program(String name) throws IOException {
        return HostCommand.find(name)
                .orElseThrow(() -> new IOException("instances with a bridge network need the program " + name
                        + ": apt-get install " + PACKAGES.getOrDefault(name, name)))
                .toString();
    }
}
