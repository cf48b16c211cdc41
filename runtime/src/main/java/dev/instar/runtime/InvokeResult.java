package dev.instar.runtime;

/** How an invocation went. */
public sealed interface InvokeResult permits HandlerReply, HandlerFailure {}
