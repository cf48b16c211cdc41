package dev.instar.runtime;

/** One HTTP header field; names keep the case they came with. */
public record HeaderField(String name, String value) {}
