package dev.instar.engine.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.InvalidRequestException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackAddressesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.9.9.9",
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "192.0.0.8",
                "198.18.0.1",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "::1",
                "::",
                "fe80::1",
                "fc00::1",
                "fd12:3456::1",
                "ff02::1",
                "::ffff:10.0.0.1",
                "::127.0.0.1",
                "64:ff9b::a00:1",
                "2002:7f00:1::"
            })
    void whatOnlyTheNodeCanReachIsRefused(String address) throws UnknownHostException {
        assertThat(CallbackAddresses.isPublic(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.9.9.9",
                "172.15.0.1",
                "172.32.0.1",
                "192.1.0.1",
                "100.128.0.1",
                "2606:4700::1111",
                "64:ff9b::101:101",
                "2002:101:101::"
            })
    void publicAddressesAreAllowed(String address) throws UnknownHostException {
        assertThat(CallbackAddresses.isPublic(InetAddress.getByName(address))).isTrue();
    }

    @Test
    void theOperatorDecides() {
        URI local = CallbackAddresses.parse("http://127.0.0.1:1/x");
        assertThatThrownBy(() -> new CallbackAddresses(false).check(local))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("127.0.0.1");
        assertThatThrownBy(() -> new CallbackAddresses(false).check(CallbackAddresses.parse("http://localhost/x")))
                .isInstanceOf(InvalidRequestException.class);
        assertThatCode(() -> new CallbackAddresses(true).check(local)).doesNotThrowAnyException();
    }
}
