package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.HELLO;
import static dev.instar.engine.store.StoreFixture.program;
import static dev.instar.engine.store.StoreFixture.spec;
import static dev.instar.engine.store.StoreFixture.storeCode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Quota;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.TenantService.Namespace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionRepositoryTest {
    @TempDir
    Path directory;

    private Store store;
    private FunctionRepository functions;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("data"), InstantSource.system());
        functions = store.functions();
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void deployedFunctionIsThereAfterReopening() throws IOException {
        String code = storeCode(store, "default", Map.of("handler.py", "def handle(e, c): pass"));
        store.secrets().create("default", "key", new byte[] {1});
        FunctionVersion version = functions.deploy(spec(HELLO, code, Map.of("A", "ü\n"), List.of("key")));
        functions.scale(HELLO, 3);
        close();
        open();
        Deployed found = functions.find(HELLO).orElseThrow();
        assertThat(found.current()).isEqualTo(version);
        assertThat(found.requestedReplicas()).isEqualTo(3);
        assertThat(functions.all()).containsExactly(found);
        assertThat(functions.list("default")).containsExactly(found);
    }

    @Test
    void equalContentBecomesTheEarlierVersionAgain() {
        FunctionVersion first = functions.deploy(program(HELLO, "/bin/cat"));
        FunctionVersion second = functions.deploy(program(HELLO, "/bin/wc"));
        FunctionVersion again = functions.deploy(program(HELLO, "/bin/cat"));
        assertThat(first.number()).isEqualTo(1);
        assertThat(second.number()).isEqualTo(2);
        assertThat(again).isEqualTo(first);
        assertThat(functions.find(HELLO).orElseThrow().current()).isEqualTo(first);
        assertThat(functions.versions(HELLO)).containsExactly(second, first);
    }

    @Test
    void rollbackGoesToTheVersionThatWasCurrentBefore() {
        functions.deploy(program(HELLO, "/bin/a"));
        functions.deploy(program(HELLO, "/bin/b"));
        functions.deploy(program(HELLO, "/bin/c"));
        functions.deploy(program(HELLO, "/bin/c"));
        assertThat(functions.rollback(HELLO, 0).number()).isEqualTo(2);
        assertThat(functions.rollback(HELLO, 0).number()).isEqualTo(3);
        assertThat(functions.rollback(HELLO, 1).number()).isEqualTo(1);
        assertThat(functions.find(HELLO).orElseThrow().current().number()).isEqualTo(1);
        assertThatThrownBy(() -> functions.rollback(HELLO, 9))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("9");
    }

    @Test
    void rollbackOfAFirstVersionIsRefused() {
        functions.deploy(program(HELLO, "/bin/a"));
        assertThatThrownBy(() -> functions.rollback(HELLO, 0)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void theVersionsLeastRecentlyCurrentGoAndNumbersAreNotUsedAgain() {
        for (int i = 1; i <= 15; i++) {
            functions.deploy(program(HELLO, "/bin/cat", "" + i));
        }
        assertThat(functions.find(HELLO).orElseThrow().versions()).containsExactly(6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        functions.rollback(HELLO, 6);
        functions.deploy(program(HELLO, "/bin/cat", "16"));
        assertThat(functions.find(HELLO).orElseThrow().versions()).containsExactly(6, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    }

    @Test
    void whatASpecNeedsMustExist() throws IOException {
        String missing = "sha256:" + "0".repeat(64);
        assertThatThrownBy(() -> functions.deploy(spec(HELLO, missing, Map.of(), List.of())))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(missing);
        String code = storeCode(store, "default", Map.of("handler.py", ""));
        assertThatThrownBy(() -> functions.deploy(spec(HELLO, code, Map.of(), List.of("nope"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("nope");
        assertThatThrownBy(() -> functions.deploy(program(new FunctionName("nowhere", "f"), "/bin/cat")))
                .isInstanceOf(NotFoundException.class);
        assertThat(functions.all()).isEmpty();
    }

    @Test
    void codeOfOneNamespaceCannotBeDeployedInAnother() throws IOException {
        store.tenants().create(new Namespace("other", Map.of(), Quota.UNBOUNDED));
        String code = storeCode(store, "default", Map.of("handler.py", ""));
        assertThatThrownBy(() -> functions.deploy(spec(new FunctionName("other", "f"), code, Map.of(), List.of())))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void quotaBoundsTheNumberOfFunctionsNotOfVersions() {
        store.tenants().update(new Namespace("default", Map.of(), new Quota(1, 0, 0, 0, 0)));
        functions.deploy(program(HELLO, "/bin/a"));
        functions.deploy(program(HELLO, "/bin/b"));
        assertThatThrownBy(() -> functions.deploy(program(new FunctionName("default", "more"), "/bin/a")))
                .isInstanceOf(QuotaExceededException.class);
        functions.remove(HELLO);
        assertThat(functions
                        .deploy(program(new FunctionName("default", "more"), "/bin/a"))
                        .number())
                .isEqualTo(1);
    }

    @Test
    void aRemovedFunctionIsUnknown() {
        functions.deploy(program(HELLO, "/bin/a"));
        functions.remove(HELLO);
        assertThat(functions.find(HELLO)).isEmpty();
        assertThatThrownBy(() -> functions.remove(HELLO)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> functions.scale(HELLO, 1)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> functions.versions(HELLO)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> functions.list("nowhere")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void deployForgetsTheRequestedReplicas() {
        functions.deploy(program(HELLO, "/bin/a"));
        functions.scale(HELLO, 5);
        functions.deploy(program(HELLO, "/bin/b"));
        assertThat(functions.find(HELLO).orElseThrow().requestedReplicas()).isZero();
    }
}
