package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.HELLO;
import static dev.instar.engine.store.StoreFixture.call;
import static dev.instar.engine.store.StoreFixture.program;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.AsyncService.DeadLetter;
import dev.instar.engine.Call;
import dev.instar.engine.ConflictException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.PayloadTooLargeException;
import dev.instar.engine.Quota;
import dev.instar.engine.TenantService.Namespace;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AsyncRepositoryTest {
    private static final AsyncLimits LIMITS = new AsyncLimits(50, 1 << 20, 10 << 20);
    private static final FunctionName OTHER = new FunctionName("default", "other");

    @TempDir
    Path directory;

    private Instant now = Instant.ofEpochMilli(1_000_000);
    private Store store;
    private AsyncRepository queue;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("data"), () -> now, LIMITS);
        queue = store.async();
        store.functions().deploy(program(HELLO, "/bin/cat"));
        store.functions().deploy(program(OTHER, "/bin/cat"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aClaimedCallIsTheOneThatWasQueued() throws IOException {
        byte[] body = random(1000);
        queue.enqueue(call("c1", HELLO, body), "http://back/");
        QueuedCall claimed = claimOne();
        assertThat(claimed)
                .isEqualTo(new QueuedCall(
                        "c1",
                        HELLO,
                        "PUT",
                        "/x",
                        "q=1",
                        call("c1", HELLO, body).headers(),
                        "127.0.0.1",
                        1000,
                        "http://back/",
                        1,
                        now));
        assertThat(body(claimed)).isEqualTo(body);
        assertThat(claim()).isEmpty();
        assertThat(queue.pending("default")).isEqualTo(1);
        queue.complete(claimed);
        assertThat(queue.pending("default")).isZero();
        assertThatThrownBy(() -> queue.complete(claimed)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> queue.body(claimed)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void longBodiesAreInFilesThatGoWithTheirCall() throws IOException {
        byte[] body = random(700_000);
        queue.enqueue(call("long", HELLO, body), "");
        assertThat(bodyFiles()).hasSize(1);
        close();
        open();
        QueuedCall claimed = claimOne();
        assertThat(body(claimed)).isEqualTo(body);
        queue.complete(claimed);
        assertThat(bodyFiles()).isEmpty();
    }

    @Test
    void aCallClaimedWhenTheNodeEndedIsWaitingAgain() throws IOException {
        queue.enqueue(call("c1", HELLO, random(10)), "");
        assertThat(claimOne().attempts()).isEqualTo(1);
        close();
        open();
        assertThat(queue.pending("default")).isEqualTo(1);
        assertThat(claimOne().attempts()).isEqualTo(1);
    }

    @Test
    void aPostponedCallComesWhenItIsDue() throws IOException {
        queue.enqueue(call("c1", HELLO, random(10)), "");
        queue.postpone(claimOne(), now.plusSeconds(30), "refused");
        assertThat(claim()).isEmpty();
        assertThat(queue.nextDue()).contains(now.plusSeconds(30));
        now = now.plusSeconds(30);
        assertThat(claimOne().attempts()).isEqualTo(2);
    }

    @Test
    void deadLettersAreListedRevivedAndDiscarded() throws IOException {
        for (String id : List.of("a", "b")) {
            queue.enqueue(call(id, HELLO, random(100_000)), "");
            queue.bury(claimOne(), "failed " + id);
            now = now.plusSeconds(1);
        }
        assertThat(queue.pending("default")).isZero();
        assertThat(queue.deadLetters("default", 10))
                .containsExactly(
                        new DeadLetter("b", HELLO, 1, "failed b", now.minusSeconds(1)),
                        new DeadLetter("a", HELLO, 1, "failed a", now.minusSeconds(2)));
        assertThat(queue.deadLetters("default", 1)).hasSize(1);
        queue.revive("default", "a");
        assertThat(claimOne().attempts()).isEqualTo(1);
        queue.discard("default", "b");
        assertThat(bodyFiles()).hasSize(1);
        assertThatThrownBy(() -> queue.discard("default", "b")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> queue.revive("other", "a")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void whatCannotBeQueuedLeavesNothing() throws IOException {
        queue.enqueue(call("same", HELLO, random(10)), "");
        assertThatThrownBy(() -> queue.enqueue(call("same", HELLO, random(100_000)), ""))
                .isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> queue.enqueue(call("x", new FunctionName("default", "nope"), random(100_000)), ""))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> queue.enqueue(call("x", HELLO, random((1 << 20) + 1)), ""))
                .isInstanceOf(PayloadTooLargeException.class);
        assertThatThrownBy(() -> queue.enqueue(callWith(brokenBody()), ""))
                .isInstanceOf(IOException.class)
                .hasMessage("peer has gone");
        assertThat(bodyFiles()).isEmpty();
        assertThat(queue.pending("default")).isEqualTo(1);
    }

    @Test
    void theQueueIsBoundedInCallsAndInBytes() throws IOException {
        for (int i = 0; i < 9; i++) {
            queue.enqueue(call("long" + i, HELLO, random(1 << 20)), "");
        }
        queue.enqueue(call("last", HELLO, random(1 << 20)), "");
        assertThatThrownBy(() -> queue.enqueue(call("more", HELLO, random(1)), ""))
                .isInstanceOfSatisfying(
                        OverloadedException.class, e -> assertThat(e.nodeWide()).isTrue());
        claim().forEach(queue::complete);
        for (int i = 0; i < 50; i++) {
            queue.enqueue(call("short" + i, HELLO, random(1)), "");
        }
        assertThatThrownBy(() -> queue.enqueue(call("more", HELLO, random(1)), ""))
                .isInstanceOfSatisfying(
                        OverloadedException.class, e -> assertThat(e.nodeWide()).isFalse());
    }

    @Test
    void oneFunctionsFloodDoesNotKeepAnotherWaiting() throws IOException {
        for (int i = 0; i < 40; i++) {
            queue.enqueue(call("flood" + i, HELLO, random(1)), "");
        }
        queue.enqueue(call("single", OTHER, random(1)), "");
        assertThat(queue.claim(10, _ -> 100)).extracting(QueuedCall::id).contains("single");
        assertThat(queue.claim(10, function -> function.equals(HELLO) ? 2 : 0))
                .extracting(QueuedCall::function)
                .containsExactly(HELLO, HELLO);
    }

    @Test
    void concurrentTakersGetEachCallOnce() throws Exception {
        for (int i = 0; i < 50; i++) {
            queue.enqueue(call("c" + i, HELLO, random(1)), "");
        }
        List<String> taken = Collections.synchronizedList(new ArrayList<>());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                threads.execute(() -> {
                    List<QueuedCall> calls = queue.claim(7, _ -> 7);
                    calls.forEach(call -> taken.add(call.id()));
                });
            }
        }
        assertThat(taken).hasSize(50).doesNotHaveDuplicates();
    }

    @Test
    void aDeletedNamespaceTakesItsCallsAlong() throws IOException {
        store.tenants().create(new Namespace("team", Map.of(), Quota.UNBOUNDED));
        FunctionName function = new FunctionName("team", "f");
        store.functions().deploy(program(function, "/bin/cat"));
        queue.enqueue(call("c1", function, random(100_000)), "");
        store.functions().remove(function);
        store.tenants().delete("team");
        store.tenants().create(new Namespace("team", Map.of(), Quota.UNBOUNDED));
        assertThat(queue.pending("team")).isZero();
        assertThat(claim()).isEmpty();
        assertThat(bodyFiles()).isEmpty();
    }

    @Test
    void filesOfNoCallAreRemovedWhenOpening() throws IOException {
        Files.writeString(store.directory().bodies().resolve("left-over"), "x");
        close();
        open();
        assertThat(bodyFiles()).isEmpty();
    }

    private QueuedCall claimOne() {
        List<QueuedCall> calls = claim();
        assertThat(calls).hasSize(1);
        return calls.getFirst();
    }

    private List<QueuedCall> claim() {
        return queue.claim(100, _ -> 100);
    }

    private byte[] body(QueuedCall call) throws IOException {
        try (InputStream in = queue.body(call)) {
            return in.readAllBytes();
        }
    }

    private List<Path> bodyFiles() throws IOException {
        try (Stream<Path> files = Files.list(store.directory().bodies())) {
            return files.toList();
        }
    }

    private static Call callWith(InputStream body) {
        return new Call("broken", HELLO, "POST", "/", "", List.of(), "", body, -1);
    }

    private static InputStream brokenBody() {
        return new SequenceInputStream(new ByteArrayInputStream(random(200_000)), new BrokenStream());
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
