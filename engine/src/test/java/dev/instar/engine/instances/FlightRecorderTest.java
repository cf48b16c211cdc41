package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecorderTest {
    @TempDir
    Path directory;

    @Test
    void startsAndCallsAreRecordedWithTheirPhases() throws IOException {
        Path file = directory.resolve("recording.jfr");
        try (InstancesFixture node = new InstancesFixture(directory);
                Recording recording = new Recording()) {
            recording.enable("dev.instar.Start");
            recording.enable("dev.instar.Invocation");
            recording.start();
            node.deploy("f", "def handle(event, context):\n    return 'x'\n");
            node.call("f", "");
            node.call("f", "");
            recording.stop();
            recording.dump(file);
        }

        List<RecordedEvent> events = RecordingFile.readAllEvents(file);

        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("dev.instar.Start"))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getString("function")).isEqualTo("f.default");
                    assertThat(event.getDuration("init")).isPositive();
                });
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("dev.instar.Invocation"))
                .extracting(event -> event.getString("start"))
                .containsExactly("cold", "warm");
    }
}
