package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SocketStateTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            2  | 1 | false | 0200000000000000         | 020015380a000001 | a connected TCP socket to 10.0.0.1:5432
            2  | 1 | true  | 02001f90000000000000     | ''               | a listening TCP socket at 0.0.0.0:8080
            2  | 2 | false | 0200000000000000         | ''               | a UDP socket
            10 | 2 | false | 0a0000350000000000000000000000000000000000000001 | '' | a bound UDP socket at [0:0:0:0:0:0:0:1]:53
            1  | 1 | false | 0100                     | 0100             | a connected Unix socket to an unnamed one
            1  | 1 | true  | 01002f612f6200           | ''               | a listening Unix socket at /a/b
            1  | 2 | false | 0100006162               | ''               | a bound Unix socket at @ab
            16 | 3 | false | 1000                     | 1000000000000000 | a netlink socket
            17 | 3 | false | 1100                     | ''               | an unusual socket (address family 17)
            """)
    void isDescribed(int domain, int type, boolean listening, String local, String peer, String described) {
        SocketState socket = new SocketState(
                domain,
                type,
                0,
                listening,
                HexFormat.of().parseHex(local),
                HexFormat.of().parseHex(peer));

        assertThat(socket.describe()).isEqualTo(described);
    }
}
