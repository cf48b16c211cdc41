package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void columnsAreAsWideAsTheirWidestCellAndAlignedAsAsked() {
        String text = printed(
                Table.of("NAME", "CALLS>", "WHEN").row("a", 7, "today").row("a-longer-name", 12345678, "yesterday"));
        assertThat(text).isEqualTo("""
                        NAME              CALLS  WHEN
                        a                     7  today
                        a-longer-name  12345678  yesterday
                        """);
    }

    @Test
    void aTableWithoutRowsIsItsHeading() {
        assertThat(printed(Table.of("NAME", "AGE>"))).isEqualTo("NAME  AGE\n");
    }

    @Test
    void charactersBeyondTheBasicPlaneCountOnce() {
        assertThat(printed(Table.of("X", "Y").row("🦋", "b").row("aa", "c"))).isEqualTo("X   Y\n🦋   b\naa  c\n");
    }

    @Test
    void controlCharactersDoNotReachTheTerminal() {
        assertThat(printed(Table.of("X").row("a\u001b[2Jb\nc"))).isEqualTo("X\na?[2Jb?c\n");
    }

    @Test
    void aRowMustHaveACellForEachColumn() {
        Table table = Table.of("A", "B");
        assertThatThrownBy(() -> table.row("only one")).isInstanceOf(IllegalArgumentException.class);
    }

    private static String printed(Table table) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        table.print(out);
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
