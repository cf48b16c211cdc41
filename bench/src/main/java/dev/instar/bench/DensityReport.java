package dev.instar.bench;

import java.util.List;

/** One run of the density benchmark: where and what. */
public record DensityReport(Environment environment, List<DensityResult> results) {
    public DensityReport {
        results = List.copyOf(results);
    }
}
