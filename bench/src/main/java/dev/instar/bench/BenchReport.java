package dev.instar.bench;

import java.util.List;

/** One run: where and what. */
public record BenchReport(Environment environment, List<BenchResult> results) {
    public BenchReport {
        results = List.copyOf(results);
    }
}
