package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.program;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.AuditLog;
import dev.instar.engine.ConflictException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Principal;
import dev.instar.engine.Quota;
import dev.instar.engine.Role;
import dev.instar.engine.StorageException;
import dev.instar.engine.TenantService.Namespace;
import dev.instar.engine.TenantService.Token;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantStoreTest {
    private static final Namespace TEAM = new Namespace("team", Map.of("a", "b"), new Quota(1, 2, 3, 4, 5));

    @TempDir
    Path directory;

    private Instant now = Instant.ofEpochMilli(1_000_000_000);
    private Store store;
    private TenantStore tenants;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("data"), () -> now);
        tenants = store.tenants();
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void namespacesAreKept() {
        tenants.create(TEAM);
        tenants.update(new Namespace("team", Map.of(), Quota.UNBOUNDED));
        tenants.update(TEAM);
        close();
        open();
        assertThat(tenants.namespaces()).containsExactly("default", "team");
        assertThat(tenants.namespace("team")).isEqualTo(TEAM);
        assertThat(tenants.namespace("default").quota()).isEqualTo(Quota.UNBOUNDED);
    }

    @Test
    void namespacesThatExistOrDoNotAreToldApart() {
        tenants.create(TEAM);
        assertThatThrownBy(() -> tenants.create(TEAM)).isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> tenants.create(new Namespace("No", Map.of(), Quota.UNBOUNDED)))
                .isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> tenants.namespace("x")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> tenants.update(new Namespace("x", Map.of(), Quota.UNBOUNDED)))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> tenants.delete("x")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> tenants.delete("default")).isInstanceOf(ConflictException.class);
    }

    @Test
    void aNamespaceWithFunctionsIsNotDeletedAndAnEmptyOneTakesAllAlong() throws IOException {
        tenants.create(new Namespace("team", Map.of(), Quota.UNBOUNDED));
        FunctionName function = new FunctionName("team", "f");
        store.functions().deploy(program(function, "/bin/cat"));
        store.secrets().create("team", "s", new byte[1]);
        String token = tenants.createToken("team", "t", Role.INVOKER);
        String code = StoreFixture.storeCode(store, "team", Map.of("a", "b"));
        assertThatThrownBy(() -> tenants.delete("team"))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("functions");
        store.functions().remove(function);
        tenants.delete("team");
        tenants.create(new Namespace("team", Map.of(), Quota.UNBOUNDED));
        assertThat(store.secrets().list("team")).isEmpty();
        assertThat(tenants.tokens("team")).isEmpty();
        assertThat(tenants.authenticateToken(token)).isEmpty();
        assertThat(store.code().contains("team", code)).isFalse();
    }

    @Test
    void aTokenIsWhoItWasMadeForUntilItIsRevoked() throws IOException {
        tenants.create(TEAM);
        String mine = tenants.createToken("team", "ci", Role.DEPLOYER);
        String global = tenants.createToken("", "root", Role.ADMIN);
        assertThat(mine).matches("instar_[0-9a-f]{64}");
        close();
        open();
        assertThat(tenants.authenticateToken(mine)).contains(new Principal("ci", "team", Role.DEPLOYER));
        assertThat(tenants.authenticateToken(global)).contains(new Principal("root", "", Role.ADMIN));
        assertThat(tenants.authenticateToken(mine + "0")).isEmpty();
        assertThat(tenants.authenticateToken("")).isEmpty();
        assertThat(tenants.tokens("team")).containsExactly(new Token("ci", "team", Role.DEPLOYER, now));
        assertThat(tenants.tokens("default")).isEmpty();
        assertThat(tenants.tokens("")).extracting(Token::name).containsExactly("root");
        assertThat(Files.readString(directory.resolve("data/instar.db"), StandardCharsets.ISO_8859_1))
                .doesNotContain(mine.substring(8));
        tenants.revokeToken("team", "ci");
        assertThat(tenants.authenticateToken(mine)).isEmpty();
        assertThatThrownBy(() -> tenants.revokeToken("team", "ci")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> tenants.revokeToken("team", "root")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void tokensNeedAFreeNameAndANamespaceThatIsThere() {
        tenants.createToken("default", "a", Role.VIEWER);
        assertThatThrownBy(() -> tenants.createToken("default", "a", Role.ADMIN))
                .isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> tenants.createToken("x", "a", Role.ADMIN)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> tenants.createToken("", "a b", Role.ADMIN))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void theAdminPasswordIsMadeOnceAndCanBeChangedInItsFile() throws IOException {
        AdminPassword password = store.adminPassword();
        assertThat(password.generated()).isTrue();
        assertThat(password.text()).hasSizeGreaterThanOrEqualTo(32);
        assertThat(password.toString()).doesNotContain(password.text());
        assertThat(tenants.authenticatePassword("admin", password.text()))
                .contains(new Principal("admin", "", Role.ADMIN));
        assertThat(tenants.authenticatePassword("root", password.text())).isEmpty();
        assertThat(tenants.authenticatePassword("admin", "")).isEmpty();
        close();
        Files.writeString(directory.resolve("data/admin-password"), "another password\n");
        open();
        assertThat(store.adminPassword().generated()).isFalse();
        assertThat(tenants.authenticatePassword("admin", "another password")).isPresent();
        assertThat(tenants.authenticatePassword("admin", password.text())).isEmpty();
        close();
        Files.writeString(directory.resolve("data/admin-password"), "\n");
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining("admin-password");
        Files.delete(directory.resolve("data/admin-password"));
        open();
    }

    @Test
    void aDirectoryHasOneNodeAtATime() {
        assertThatThrownBy(() -> Store.open(directory.resolve("data"), () -> now))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("in use by another node");
    }

    @Test
    void theAuditLogIsNewestFirstAndBounded() {
        Principal who = new Principal("ci", "team", Role.DEPLOYER);
        AuditStore audit = store.audit();
        for (int i = 0; i < 20; i++) {
            audit.record(who, "deploy", "f" + i, "ok");
        }
        audit.record(new Principal("admin", "", Role.ADMIN), "remove", "f", "x".repeat(10_000));
        List<AuditLog.Entry> recent = audit.recent(2);
        assertThat(recent.get(0).who()).isEqualTo("admin");
        assertThat(recent.get(0).outcome()).hasSize(2_000);
        assertThat(recent.get(1)).isEqualTo(new AuditLog.Entry(now, "ci@team", "deploy", "f19", "ok"));
        audit.prune(5);
        assertThat(audit.recent(100)).hasSize(5);
        now = now.plus(AuditStore.LONGEST_AGE).plus(Duration.ofMillis(1));
        close();
        open();
        assertThat(store.audit().recent(100)).isEmpty();
    }
}
