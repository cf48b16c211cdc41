package dev.instar.engine;

/** One HTTP header field; names keep the case they came with. */
public record Header(String name, String value) {}
