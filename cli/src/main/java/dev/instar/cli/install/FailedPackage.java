package dev.instar.cli.install;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds in a package tool's output which package it failed on. */
final class FailedPackage {
    private static final List<Pattern> PIP = List.of(
            Pattern.compile("No matching distribution found for (\\S+)"),
            Pattern.compile("Could not find a version that satisfies the requirement (\\S+)"),
            Pattern.compile("Failed to build (?:'([^']+)'|(\\S+))"),
            Pattern.compile("Failed building wheel for (\\S+)"),
            Pattern.compile("Invalid requirement: '([^']+)'"));
    private static final List<Pattern> NPM = List.of(
            Pattern.compile("'((?:@[^/']+/)?[^@']+@[^']*)' is not in this registry"),
            Pattern.compile("No matching version found for (\\S+?)\\.?(?:\\s|$)"),
            Pattern.compile("404 Not Found - GET https?://[^/\\s]+/(?:\\S*/)?((?:@|%40)?[^/\\s]+) - "),
            Pattern.compile("npm (?:ERR!|error) path \\S*node_modules/((?:@[^/\\s]+/)?[^/\\s]+)"));

    private FailedPackage() {}

    static Optional<String> inPip(String output) {
        return first(PIP, output);
    }

    static Optional<String> inNpm(String output) {
        return first(NPM, output);
    }

    private static Optional<String> first(List<Pattern> patterns, String output) {
        for (Pattern pattern : patterns) {
            Matcher matcher = pattern.matcher(output);
            if (matcher.find()) {
                for (int group = 1; group <= matcher.groupCount(); group++) {
                    if (matcher.group(group) != null) {
                        return Optional.of(matcher.group(group));
                    }
                }
            }
        }
        return Optional.empty();
    }
}
