package dev.instar.engine.instances;

import dev.instar.engine.StartKind;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.sandbox.Sandbox;
import java.util.List;
import java.util.Map;

/**
 * What a start method has made: a process with its handler loaded, waiting for calls.
 *
 * @param id the instance's id
 * @param kind how it was started
 * @param sandbox where it runs
 * @param channels one for each call it serves at a time
 * @param output where its output goes
 * @param phaseNanos how long each phase of the start took, in order
 */
record StartedProcess(
        String id,
        StartKind kind,
        Sandbox sandbox,
        List<Channel> channels,
        InstanceOutput output,
        Map<String, Long> phaseNanos) {}
