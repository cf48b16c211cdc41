package dev.instar.linux;

import static dev.instar.linux.Registers.Name.ORIG_RAX;
import static dev.instar.linux.Registers.Name.RAX;
import static dev.instar.linux.Registers.Name.RDI;
import static dev.instar.linux.Registers.Name.RIP;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterruptedCallTest {
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int EPOLL_WAIT = 232;
    private static final int RESTART_SYSCALL = 219;

    private static Registers stopped(long number, long result) {
        return Registers.of(new byte[Registers.BYTES])
                .with(ORIG_RAX, number)
                .with(RAX, result)
                .with(RIP, 0x1002)
                .with(RDI, 7);
    }

    @ParameterizedTest
    @CsvSource({"0, -512", "0, -513", "0, -514", "35, -516", "0, -4", "232, -4", "441, -4"})
    void isIssuedAgain(long number, long result) {
        Registers again = InterruptedCall.reissued(stopped(number, result));

        assertThat(again.get(RAX)).isEqualTo(number);
        assertThat(again.get(RIP)).isEqualTo(0x1000);
        assertThat(again.get(ORIG_RAX)).isEqualTo(-1);
        assertThat(again.get(RDI)).isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource({"0, 10", "1, -4", "42, -4", "232, 0", "-1, -512", "-1, 232"})
    void isNotIssuedAgainWhenItIsDone(long number, long result) {
        Registers same = InterruptedCall.reissued(stopped(number, result));

        assertThat(same.get(RAX)).isEqualTo(result);
        assertThat(same.get(RIP)).isEqualTo(0x1002);
        assertThat(same.get(ORIG_RAX)).isEqualTo(-1);
    }

    @Test
    void aContinuedCallHasLostItsNumberAndAnswersEintr() {
        Registers after = InterruptedCall.reissued(stopped(RESTART_SYSCALL, -516));

        assertThat(after.get(RAX)).isEqualTo(-Errno.EINTR);
        assertThat(after.get(RIP)).isEqualTo(0x1002);
    }

    @Test
    void theThreadItselfGoesOnWaitingUnlessASignalIsHandled() {
        assertThat(InterruptedCall.continued(stopped(EPOLL_WAIT, -4)).get(RAX)).isEqualTo(-514);
        assertThat(InterruptedCall.continued(stopped(READ, -512)).get(RAX)).isEqualTo(-512);
        assertThat(InterruptedCall.continued(stopped(WRITE, -4)).get(RAX)).isEqualTo(-4);
    }
}
