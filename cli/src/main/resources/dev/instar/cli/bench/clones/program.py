# Parts of the random programs of `instar bench clones`. A part begins with a line that names it; a part named with
# "refused" holds something that no template can have. Each is a function of two small numbers that builds some state, and
# returns a function of one number that uses the state and says what it sees: always the same in two cold starts.

#: queue_thread
def queue_thread(a, b):
    import queue, threading
    inbox, outbox = queue.Queue(), queue.Queue()

    def work():
        total = a
        while True:
            total = (total * b + inbox.get()) % 1000003
            outbox.put(total)

    threading.Thread(target=work, daemon=True).start()
    return lambda n: (inbox.put(n), outbox.get(timeout=5))[1]

#: event_threads
def event_threads(a, b):
    import threading
    go, answers, done = threading.Event(), [], threading.Barrier(b % 3 + 2)
    numbers = {"n": 0}

    def work(i):
        go.wait()
        answers.append(numbers["n"] * i + a)
        done.wait()

    for i in range(b % 3 + 1):
        threading.Thread(target=work, args=(i,), daemon=True).start()

    def step(n):
        if not go.is_set():
            numbers["n"] = n
            go.set()
            done.wait(5)
        return sorted(answers)

    return step

#: condition_threads
def condition_threads(a, b):
    import threading
    condition = threading.Condition()
    state = {"round": 0, "left": 0, "sum": a}
    count = b % 4 + 2

    def work(i):
        seen = 0
        while True:
            with condition:
                condition.wait_for(lambda: state["round"] > seen)
                seen = state["round"]
                state["sum"] = (state["sum"] + i * state["n"]) % 99991
                state["left"] -= 1
                condition.notify_all()

    for i in range(count):
        threading.Thread(target=work, args=(i,), daemon=True).start()

    def step(n):
        with condition:
            state["n"], state["left"] = n, count
            state["round"] += 1
            condition.notify_all()
            condition.wait_for(lambda: state["left"] == 0, 5)
            return state["sum"], state["left"], threading.active_count() > count
    return step

#: ticking_thread
def ticking_thread(a, b):
    import threading, time
    stop, state = threading.Event(), {"ticks": 0}

    def work():
        while not stop.wait(0.001 * (b % 5 + 1)):
            state["ticks"] += 1

    threading.Thread(target=work, daemon=True).start()

    def step(n):
        before, end = state["ticks"], time.monotonic() + 5
        while state["ticks"] < before + 2 and time.monotonic() < end:
            time.sleep(0.001)
        return state["ticks"] >= before + 2

    return step

#: sleeping_thread
def sleeping_thread(a, b):
    import threading, time
    done = threading.Event()

    def work():
        time.sleep(0.05)
        done.set()

    threading.Thread(target=work, daemon=True).start()
    return lambda n: done.wait(5)

#: pipe_thread
def pipe_thread(a, b):
    import os, threading
    request, answer = os.pipe(), os.pipe()

    def work():
        while True:
            data = os.read(request[0], 100)
            os.write(answer[1], b"%d" % (int(data) * a + b))

    threading.Thread(target=work, daemon=True).start()
    return lambda n: (os.write(request[1], b"%d" % n), os.read(answer[0], 100).decode())[1]

#: poll_thread
def poll_thread(a, b):
    import os, select, threading
    request, answer = os.pipe(), os.pipe()
    poll = select.poll()
    poll.register(request[0], select.POLLIN)

    def work():
        while True:
            for fd, event in poll.poll(20 if a % 2 else None):
                os.write(answer[1], b"%d %d" % (int(os.read(fd, 100)) + a, event))

    threading.Thread(target=work, daemon=True).start()
    return lambda n: (os.write(request[1], b"%d" % n), os.read(answer[0], 100).decode())[1]

#: locals_of_threads
def locals_of_threads(a, b):
    import queue, threading
    own, inbox, outbox = threading.local(), queue.SimpleQueue(), queue.SimpleQueue()
    own.value = a

    def work():
        own.value = b
        while True:
            own.value += inbox.get()
            outbox.put(own.value)

    threading.Thread(target=work, daemon=True).start()

    def step(n):
        inbox.put(n)
        own.value += 1
        return outbox.get(timeout=5), own.value

    return step

#: held_locks
def held_locks(a, b):
    import threading
    plain, reentrant, semaphore = threading.Lock(), threading.RLock(), threading.Semaphore(a % 5 + 1)
    plain.acquire()
    for _ in range(b % 3 + 1):
        reentrant.acquire()
    semaphore.acquire()
    other = []

    def attempt():
        # Held by a thread that has ended, it would be had or not by whether the next one gets the same id.
        if reentrant.acquire(blocking=False):
            reentrant.release()
            other.append(True)
        else:
            other.append(False)

    def step(n):
        try:
            reentrant.release()
            mine = "released"
        except RuntimeError as error:
            mine = str(error)
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        was = plain.locked()
        if was:
            plain.release()
        return mine, other, was, semaphore.acquire(blocking=False)

    return step

#: thread_pool
def thread_pool(a, b):
    from concurrent.futures import ThreadPoolExecutor
    pool = ThreadPoolExecutor(b % 4 + 1)
    first = list(pool.map(lambda i: i * a, range(20)))
    return lambda n: (sum(first), list(pool.map(lambda i: (i + n) * a % 101, range(10), timeout=5)))

#: pending_future
def pending_future(a, b):
    from concurrent.futures import Future
    future, seen = Future(), []
    future.add_done_callback(lambda f: seen.append(f.result() + a))

    def step(n):
        if not future.done():
            future.set_result(n)
        return future.result(0), seen

    return step

#: timer_thread
def timer_thread(a, b):
    import threading
    fired, timers = [], []

    def arm():
        timer = threading.Timer(1000, fired.append, (a,))
        timer.daemon = True
        timer.start()
        timers.append(timer)

    arm()

    def step(n):
        old = timers.pop()
        alive = old.is_alive()
        old.cancel()
        old.join(5)
        arm()
        return alive, old.is_alive(), fired

    return step

#: processes
def processes(a, b):
    import subprocess
    first = subprocess.run(["/bin/sh", "-c", "echo $((%d * 3))" % a], capture_output=True, text=True).stdout

    def step(n):
        shell = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        out, _ = shell.communicate(b"%d" % (n * b))
        ended = subprocess.run(["/bin/sh", "-c", "exit %d" % (n % 5)]).returncode
        return first, out.decode(), shell.returncode, ended

    return step

#: forks
def forks(a, b):
    import os

    def step(n):
        ends = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(ends[1], b"%d" % (a * n + b))
            os._exit(n % 7)
        os.close(ends[1])
        answer = os.read(ends[0], 100).decode()
        os.close(ends[0])
        pid, status = os.waitpid(child, 0)
        return answer, pid == child, os.waitstatus_to_exitcode(status)

    return step

#: multiprocessing_pool
def multiprocessing_pool(a, b):
    import multiprocessing
    context = multiprocessing.get_context("fork")

    def step(n):
        receive, send = context.Pipe(False)
        process = context.Process(target=lambda: send.send(n * a + b))
        process.start()
        value = receive.recv()
        process.join()
        return value, process.exitcode

    return step

#: asyncio_run
def asyncio_run(a, b):
    import asyncio

    async def square(i):
        await asyncio.sleep(0)
        return i * i + a

    async def whole(n):
        queue = asyncio.Queue(2)

        async def fill():
            for i in range(b % 7 + 2):
                await queue.put(i * n)

        task = asyncio.create_task(fill())
        got = [await queue.get() for _ in range(b % 7 + 2)]
        await task
        thread = await asyncio.to_thread(lambda: n + a)
        return got, await asyncio.gather(*(square(i) for i in range(4))), thread

    first = asyncio.run(whole(a))
    return lambda n: (first, asyncio.run(whole(n)))

#: coroutine_half_way
def coroutine_half_way(a, b):
    class Pause:
        def __await__(self):
            return (yield a)

    async def run():
        total = b
        while True:
            total += await Pause()

    coroutine = run()
    coroutine.send(None)
    state = []

    def step(n):
        state.append(coroutine.send(n))
        return state[-1], coroutine.cr_frame.f_locals["total"]

    return step

#: file_position
def file_position(a, b):
    file = open(__file__, "rb")
    file.read(a)
    text = open(__file__, encoding="utf-8")
    for _ in range(b % 5):
        text.readline()

    def step(n):
        data = file.read(n % 50 + 1)
        where = file.tell()
        if not data:
            file.seek(0)
        return data, where, text.readline()

    return step

#: raw_descriptors
def raw_descriptors(a, b):
    import os
    fd = os.open(__file__, os.O_RDONLY)
    os.lseek(fd, a, os.SEEK_SET)
    twin = os.dup(fd)
    null = os.open("/dev/null", os.O_RDWR)
    zero = os.open("/dev/zero", os.O_RDONLY)
    folder = os.open("/usr", os.O_RDONLY | os.O_DIRECTORY)
    here = os.open("/function", os.O_PATH)
    os.set_inheritable(twin, True)

    def step(n):
        first, second = os.read(fd, 5), os.read(twin, n % 9 + 1)
        inside = os.stat("bin", dir_fd=folder).st_mode & 0o170000
        return (first, second, os.lseek(fd, 0, os.SEEK_CUR), os.write(null, b"x" * n), os.read(zero, 3), inside,
                os.get_inheritable(fd), os.get_inheritable(twin), os.stat("handler.py", dir_fd=here).st_size)

    return step

#: folder_half_way
def folder_half_way(a, b):
    import os
    listing = os.scandir("/usr")
    names = [next(listing).name for _ in range(3)]

    def step(n):
        names.extend(entry.name for entry in listing)
        return sorted(names) == sorted(os.listdir("/usr"))

    return step

#: temporary_files
def temporary_files(a, b):
    import os, tempfile

    def step(n):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "f")
            with open(path, "w+b") as file:
                file.write(b"x" * (a * n))
                file.seek(-1, 2)
                file.write(b"end")
            size = os.path.getsize(path)
            os.rename(path, path + "2")
            names = os.listdir(folder)
        with tempfile.TemporaryFile() as file:
            file.write(b"%d" % b)
            file.seek(0)
            return size, names, file.read(), os.path.exists(folder)

    return step

#: named_file_later
def named_file_later(a, b):
    import os

    def step(n):
        path = "/tmp/%d-%d" % (a, b)
        with open(path, "a") as file:
            file.write("%d," % n)
        with open(path) as file:
            return file.read(), os.stat(path).st_uid == os.getuid()

    return step

#: zlib_half_way
def zlib_half_way(a, b):
    import zlib
    pack, unpack = zlib.compressobj(b % 10), zlib.decompressobj()
    whole = zlib.compress(b"abc%d" % a * 500)
    begun = pack.compress(b"begun%d" % a * 100)
    read = [unpack.decompress(whole[: len(whole) // 2])]

    def step(n):
        twin = pack.copy()
        data = begun + twin.compress(b"%d" % n) + twin.flush()
        read.append(unpack.decompress(whole[len(whole) // 2 :]) if len(read) == 1 else b"")
        return zlib.decompress(data)[-8:], zlib.crc32(data), zlib.adler32(b"".join(read)), unpack.eof

    return step

#: bz2_lzma_half_way
def bz2_lzma_half_way(a, b):
    import bz2, hashlib, lzma
    streams = {}

    def begin():
        streams["bz2"] = [bz2.BZ2Compressor(b % 9 + 1), b""]
        streams["lzma"] = [lzma.LZMACompressor(preset=b % 3), b""]
        for stream in streams.values():
            stream[1] += stream[0].compress(b"instar%d" % a * 300)

    begin()
    count = [0]

    def step(n):
        for stream in streams.values():
            stream[1] += stream[0].compress(b"%d" % n * 50)
        count[0] += 1
        if count[0] % 2:
            return "going on"
        packed = {name: stream[1] + stream[0].flush() for name, stream in streams.items()}
        begin()
        return [hashlib.md5(packed[name]).hexdigest() for name in ("bz2", "lzma")], len(lzma.decompress(packed["lzma"])), \
            len(bz2.decompress(packed["bz2"]))

    return step

#: tls_half_way
def tls_half_way(a, b):
    import ssl

    def context(side):
        made = ssl.SSLContext(side)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers("aNULL:@SECLEVEL=0")
        return made

    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(down, up)
    server = context(ssl.PROTOCOL_TLS_SERVER).wrap_bio(up, down, server_side=True)

    def push(side):
        try:
            side.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    for i in range(b % 4):
        push((client, server)[i % 2])

    def step(n):
        for _ in range(6):
            if push(client) & push(server):
                break
        client.write(b"%d" % (n * a))
        return server.read(100), client.version(), client.cipher()[0] == server.cipher()[0]

    return step

#: ssl_contexts
def ssl_contexts(a, b):
    import ssl
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if a % 2 else ssl.TLSVersion.TLSv1_2
    count = context.cert_store_stats()["x509"]

    def step(n):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        side = context.wrap_bio(incoming, outgoing, server_hostname="example.org")
        try:
            side.do_handshake()
        except ssl.SSLWantReadError as error:
            kind = type(error).__name__
        return kind, outgoing.pending > 100, count == context.cert_store_stats()["x509"], len(ssl.RAND_bytes(n + 1))

    return step

#: numpy_views
def numpy_views(a, b):
    import numpy
    table = numpy.arange(a * 40, dtype=numpy.float64).reshape(-1, 8)
    view, column, turned = table[::2, 1:5], table[:, b % 8], table.T
    read_only = table.view()
    read_only.flags.writeable = False
    stream = numpy.random.RandomState(a)
    modern = numpy.random.Generator(numpy.random.PCG64(b))

    def step(n):
        view[...] += n
        column[n % len(column)] -= 1
        try:
            read_only[0, 0] = 1
            frozen = False
        except ValueError:
            frozen = True
        square = turned @ table
        return (float(table.sum()), float(view.mean()), float(numpy.trace(square)), frozen, stream.randint(1000, size=3).tolist(),
                modern.integers(1000, size=3).tolist(), numpy.base_repr(n, 7), view.base is not None)

    return step

#: numpy_algebra
def numpy_algebra(a, b):
    import numpy
    side = 20 + a
    matrix = numpy.fromfunction(lambda i, j: numpy.cos(i * b + j), (side, side)) + numpy.eye(side) * side
    inverse = numpy.linalg.inv(matrix)
    masked = numpy.ma.masked_greater(numpy.arange(20), b)
    old = numpy.seterr(divide="ignore" if a % 2 else "warn")

    def step(n):
        solved = numpy.linalg.solve(matrix, numpy.full(side, n))
        error = float(numpy.abs(inverse @ matrix - numpy.eye(side)).max())
        wave = numpy.fft.fft(numpy.sin(numpy.arange(64) * n))
        return "%.6f" % solved.sum(), error < 1e-9, "%.6f" % abs(wave).max(), int(masked.sum()), numpy.geterr()["divide"]

    return step

#: decimals
def decimals(a, b):
    import decimal
    context = decimal.getcontext()
    context.prec = a % 40 + 5
    context.rounding = decimal.ROUND_FLOOR if b % 2 else decimal.ROUND_UP
    context.traps[decimal.DivisionByZero] = False
    running = [decimal.Decimal(a)]

    def step(n):
        running.append(running[-1] * decimal.Decimal("1.0%d" % n) / 3)
        return str(running[-1]), str(decimal.Decimal(1) / 0), decimal.getcontext().prec, context.flags[decimal.Inexact]

    return step

#: regular_expressions
def regular_expressions(a, b):
    import re
    patterns = [re.compile(r"(\d{%d})(?P<rest>\w*)" % (i + 1)) for i in range(b % 6 + 1)]
    scanner = patterns[0].finditer("1a22b333c4444d" * a)
    next(scanner)

    def step(n):
        found = next(scanner, None)
        again = re.sub(r"%d+" % (n % 10), "<%d>" % a, "0123456789" * 2)
        return found and found.span(), again, [p.search("x%d" % (n * 1000)) is not None for p in patterns]

    return step

#: generators
def generators(a, b):
    def inner(depth):
        got = yield depth
        try:
            if depth:
                got = yield from inner(depth - 1)
        finally:
            ended.append(depth)
        return got

    def outer():
        total = a
        while True:
            total += (yield total) or 0
            for i in range(total % 3):
                total += (yield i) or 0

    ended = []
    nested, endless = inner(b % 5 + 1), outer()
    next(nested), next(endless)

    def step(n):
        try:
            first = nested.send(n)
        except StopIteration as end:
            first = ("end", end.value)
        return first, endless.send(n), list(ended)

    return step

#: context_variables
def context_variables(a, b):
    import contextvars
    variable = contextvars.ContextVar("v%d" % a, default=b)
    token = variable.set(a)
    snapshot = contextvars.copy_context()
    snapshot.run(variable.set, a * 2)
    tokens = [token]

    def step(n):
        inside = snapshot.run(lambda: (variable.get(), variable.set(variable.get() + n))[0])
        if tokens:
            variable.reset(tokens.pop())
        return inside, snapshot[variable], variable.get()

    return step

#: weak_references
def weak_references(a, b):
    import gc, weakref

    class Thing:
        pass

    log, things = [], [Thing() for _ in range(b % 5 + 2)]
    names = weakref.WeakValueDictionary(enumerate(things))
    for i, thing in enumerate(things):
        weakref.finalize(thing, log.append, i)
    del thing

    def step(n):
        if things:
            things.pop(n % len(things))
        gc.collect()
        return sorted(names), log

    return step

#: cycles
def cycles(a, b):
    import gc

    class Node:
        def __del__(self):
            log.append(self.value)

    log = []

    def knot(value):
        one, two = Node(), Node()
        one.other, two.other = two, one
        one.value = two.value = value

    keep = Node()
    keep.value = a
    holder = [keep]
    del keep
    threshold = gc.get_threshold()
    gc.set_threshold(700 + b, 9, 8)

    def step(n):
        knot(n)
        holder.clear()
        gc.collect()
        return log, gc.get_threshold(), gc.isenabled()

    return step

#: signal_handlers
def signal_handlers(a, b):
    import os, signal, threading
    seen = []
    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(a))
    signal.signal(signal.SIGUSR2, lambda number, frame: seen.append(b))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if a % 2:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])

    def step(n):
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGHUP)
        signal.raise_signal(signal.SIGUSR2)
        pending = sorted(signal.sigpending())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
        thread = threading.Thread(target=lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
        thread.start()
        thread.join()
        return seen, pending, signal.getsignal(signal.SIGHUP) == signal.SIG_IGN

    return step

#: signal_to_thread
def signal_to_thread(a, b):
    import os, signal, threading
    ends = os.pipe()

    def work():
        while True:
            os.write(ends[1], b"%d" % (signal.sigwait([signal.SIGRTMIN]) * a))

    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return lambda n: (signal.pthread_kill(thread.ident, signal.SIGRTMIN), os.read(ends[0], 20).decode())[1]

#: alarm_later
def alarm_later(a, b):
    import signal
    seen = []
    signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))

    def step(n):
        signal.setitimer(signal.ITIMER_REAL, 0.002)
        left = signal.sigtimedwait([signal.SIGCHLD], 1) if n < 0 else None
        import time
        end = time.monotonic() + 5
        while not seen and time.monotonic() < end:
            time.sleep(0.005)
        count = len(seen)
        seen.clear()
        return count, left

    return step

#: private_mappings
def private_mappings(a, b):
    import hashlib, mmap
    memory = mmap.mmap(-1, 4096 * (b % 20 + 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory[4000:4100] = b"q" * 100 if len(memory) > 4100 else memory[4000:4100]
    memory.seek(a)
    with open(__file__, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    mapped[a : a + 4] = b"copy"

    def step(n):
        memory[n : n + 3] = b"abc"
        memory.write(b"w")
        mapped[n] = 65
        return hashlib.md5(memory).hexdigest(), memory.tell(), hashlib.md5(mapped).hexdigest(), memory.find(b"abc")

    return step

#: pipes_with_content
def pipes_with_content(a, b):
    import fcntl, os
    ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    os.write(ends[1], b"x%d" % a * b)
    big = os.pipe()
    os.write(big[1], b"y" * 40000)

    def step(n):
        try:
            data = os.read(ends[0], n + 1)
        except BlockingIOError as error:
            data = error.errno
        os.write(big[1], b"z" * n)
        flags = fcntl.fcntl(ends[0], fcntl.F_GETFL) & os.O_NONBLOCK
        return data, os.read(big[0], 1000)[-3:], flags, fcntl.fcntl(big[0], fcntl.F_GETFD), os.get_blocking(ends[1])

    return step

#: selectors
def selectors(a, b):
    import os, select
    import selectors as library
    ends = [os.pipe() for _ in range(b % 4 + 1)]
    selector = library.DefaultSelector()
    for i, (read, _) in enumerate(ends):
        selector.register(read, library.EVENT_READ, i * a)
    edge = select.epoll()
    edge.register(ends[0][1], select.EPOLLOUT)
    os.write(ends[0][1], b"1")

    def step(n):
        os.write(ends[n % len(ends)][1], b"%d" % n)
        ready = sorted((key.data, events, os.read(key.fd, 100).decode()) for key, events in selector.select(1))
        return ready, edge.poll(0) == [(ends[0][1], select.EPOLLOUT)], len(selector.get_map())

    return step

#: event_descriptors
def event_descriptors(a, b):
    import os
    counter = os.eventfd(a, os.EFD_NONBLOCK)
    semaphore = os.eventfd(b, os.EFD_SEMAPHORE | os.EFD_NONBLOCK)

    def step(n):
        os.eventfd_write(counter, n)
        os.eventfd_write(semaphore, 1)
        return os.eventfd_read(counter), os.eventfd_read(semaphore)

    return step

#: memory_views
def memory_views(a, b):
    data = bytearray(range(256)) * (b % 4 + 1)
    view = memoryview(data)
    words, tail = view.cast("I"), view[a:]

    def step(n):
        words[n % len(words)] ^= a
        tail[0] = n % 256
        try:
            data.append(1)
            locked = False
        except BufferError:
            locked = True
        return sum(data), words[0], tail[-1], view.nbytes, locked, bytes(view[::64])

    return step

#: ctypes_buffers
def ctypes_buffers(a, b):
    import ctypes

    class Pair(ctypes.Structure):
        _fields_ = [("left", ctypes.c_int), ("right", ctypes.c_double)]

    text, pairs = ctypes.create_string_buffer(b"instar%d" % a, 64), (Pair * 4)()
    numbers = (ctypes.c_int * 10)(*range(10, 0, -1))
    library = ctypes.CDLL(None, use_errno=True)
    ctypes.set_errno(b % 30 + 1)

    def step(n):
        pairs[n % 4].left += n
        pairs[n % 4].right += a / 4
        before = ctypes.get_errno()
        library.close(-1)
        after = ctypes.get_errno()
        ctypes.set_errno(before)
        text.value = text.value + b"."
        return text.value, [(p.left, p.right) for p in pairs], library.strlen(text), before, after, sum(numbers)

    return step

#: ctypes_callbacks
def ctypes_callbacks(a, b):
    import ctypes
    library = ctypes.CDLL(None)
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    compare = kind(lambda x, y: (x[0] * a) % 17 - (y[0] * a) % 17 or x[0] - y[0])

    def step(n):
        numbers = (ctypes.c_int * 10)(*((i * n + b) % 23 for i in range(10)))
        library.qsort(numbers, 10, 4, compare)
        return list(numbers)

    return step

#: deep_recursion
def deep_recursion(a, b):
    import sys, threading
    sys.setrecursionlimit(1000 + a * 20)
    threading.stack_size((b % 4 + 1) << 20)

    def down(n):
        return 0 if n == 0 else 1 + down(n - 1)

    def step(n):
        try:
            down(10**6)
            deepest = ""
        except RecursionError:
            deepest = "too deep"
        out = []
        thread = threading.Thread(target=lambda: out.append(down(400 + n)))
        thread.start()
        thread.join()
        return deepest, down(300 + n), out, sys.getrecursionlimit(), threading.stack_size()

    return step

#: sqlite_memory
def sqlite_memory(a, b):
    import sqlite3
    database = sqlite3.connect(":memory:")
    database.create_function("twice", 1, lambda x: x * 2)
    database.execute("create table t (k integer primary key, v text)")
    database.executemany("insert into t values (?, ?)", [(i, "v%d" % (i * a)) for i in range(b + 5)])
    database.commit()
    database.execute("insert into t values (-1, 'not committed')")
    cursor = database.execute("select v from t order by k")
    cursor.fetchone()

    def step(n):
        row = cursor.fetchone()
        database.execute("update t set v = v || ? where k = ?", (n, n % b))
        total = database.execute("select count(*), twice(sum(length(v))) from t").fetchone()
        return row, total, database.in_transaction, database.total_changes

    return step

#: documents
def documents(a, b):
    import json, pickle, struct
    tree = {"a": [a, {"b": b}], "t": (1, 2.5, None, "\u00e9")}
    decoder = json.JSONDecoder(object_hook=lambda d: sorted(d.items()))
    packer = struct.Struct(">IhQ")
    packed = pickle.dumps(tree, protocol=b % 5)

    def step(n):
        tree["a"].append(n)
        return json.dumps(tree, sort_keys=True), pickle.loads(packed), decoder.decode('{"z": {"y": %d}}' % n), packer.pack(n, -a, b)

    return step

#: hashes_half_way
def hashes_half_way(a, b):
    import hashlib, hmac
    hashes = [hashlib.new(name, b"begun%d" % a) for name in ("md5", "sha1", "sha256", "sha3_256", "blake2b")]
    keyed = hmac.new(b"key%d" % b, b"begun", "sha256")

    def step(n):
        for each in hashes:
            each.update(b"%d" % n)
        keyed.update(b"%d" % n)
        derived = hashlib.pbkdf2_hmac("sha256", b"p%d" % n, b"salt", 10)
        return [each.copy().hexdigest()[:12] for each in hashes], keyed.hexdigest()[:12], derived.hex()[:12]

    return step

#: containers
def containers(a, b):
    import bisect, collections, heapq
    queue, counts = collections.deque(range(a), maxlen=a + 3), collections.Counter("instar" * b)
    ordered, chain = collections.OrderedDict((i * 7 % 13, i) for i in range(13)), collections.ChainMap({}, {"x": a})
    heap = [(i * b) % 101 for i in range(20)]
    heapq.heapify(heap)
    numbers = set(range(a, a * 3, b))

    def step(n):
        queue.rotate(n)
        queue.append(n)
        counts.update(str(n))
        ordered.move_to_end(n % 13, last=bool(n % 2))
        chain["x"] = chain["x"] + n
        bisect.insort(spread, n)
        numbers.discard(a + n % 10)
        return list(queue), counts.most_common(3), list(ordered), chain.maps, heapq.heappushpop(heap, n), spread, sorted(numbers)

    spread = sorted(heap)
    return step

#: iterators
def iterators(a, b):
    import functools, itertools
    left, right = itertools.tee(itertools.count(a, b))
    next(left), next(left)
    ring = itertools.cycle("ab%d" % b)
    groups = itertools.groupby(range(1000), lambda i: i // 7)
    next(groups)

    @functools.lru_cache(maxsize=b + 1)
    def remembered(n):
        return n * a

    remembered(1), remembered(2), remembered(1)

    def step(n):
        key, members = next(groups)
        return next(left), next(right), next(ring), key, list(members), remembered(n), tuple(remembered.cache_info())

    return step

#: environment
def environment(a, b):
    import os
    os.environ["OWN_%d" % a] = "set at init"
    os.environ["GIVEN"] = "changed at init to %d" % b
    os.environ.pop("DROPPED", None)
    os.putenv("PUT", "only in C")

    def step(n):
        import subprocess
        seen = subprocess.run(
            ["/bin/sh", "-c", 'echo "$OWN_%d|$GIVEN|$DROPPED|$KEPT|$PUT"' % a], capture_output=True, text=True).stdout
        return os.environ.get("OWN_%d" % a), os.getenv("GIVEN"), os.getenv("DROPPED"), os.environ["KEPT"], seen

    return step

#: process_settings
def process_settings(a, b):
    import os, resource, sys
    os.umask(0o27 if a % 2 else 0o77)
    os.chdir("/usr")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 200 + a), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setswitchinterval(0.001 * (b + 1))

    def step(n):
        mask = os.umask(0)
        os.umask(mask)
        return (mask, os.getcwd(), resource.getrlimit(resource.RLIMIT_NOFILE)[0], resource.getrlimit(resource.RLIMIT_CORE),
                round(sys.getswitchinterval(), 6), os.getuid(), os.getgid(), os.getgroups(), os.getsid(0) == os.getpid())

    return step

#: time_zones
def time_zones(a, b):
    import datetime, locale, os, time
    locale.setlocale(locale.LC_ALL, "C.UTF-8" if a % 2 else "C")
    zone = datetime.timezone(datetime.timedelta(hours=a % 12))
    os.environ["TZ"] = "XYZ-%d" % (b % 12)
    time.tzset()

    def step(n):
        moment = datetime.datetime.fromtimestamp(n * 100000, zone)
        return moment.isoformat(), time.strftime("%H:%M %Z", time.localtime(n * 1000)), time.tzname, locale.setlocale(locale.LC_ALL)

    return step

#: clocks
def clocks(a, b):
    import time
    then = time.monotonic(), time.time(), time.perf_counter(), time.clock_gettime(time.CLOCK_BOOTTIME)

    def step(n):
        now = time.monotonic(), time.time(), time.perf_counter(), time.clock_gettime(time.CLOCK_BOOTTIME)
        begun = time.perf_counter()
        time.sleep(0.002)
        return [x <= y for x, y in zip(then, now)], 0.002 <= time.perf_counter() - begun < 5

    return step

#: streams_in_memory
def streams_in_memory(a, b):
    import codecs, csv, io, logging
    text, data = io.StringIO("a,b\n1,2\n" * b), io.BytesIO(b"x" * a)
    rows = csv.reader(text)
    next(rows)
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoder.decode("\u20ac".encode()[:2])
    log, handler = logging.Logger("l%d" % a), logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter("%(levelname)s %(threadName)s %(message)s"))
    log.addHandler(handler)
    half = [True]

    def step(n):
        log.warning("n is %d", n)
        data.write(b"%d" % n)
        end = decoder.decode("\u20ac".encode()[2:]) if half else ""
        half.clear()
        return next(rows, None), data.getvalue()[-10:], end, handler.stream.getvalue()[-60:]

    return step

#: parsers_half_way
def parsers_half_way(a, b):
    import html.parser
    import xml.etree.ElementTree as tree
    import xml.parsers.expat as expat
    seen = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: seen.append((name, attributes))
    parser.Parse("<a x='%d'><b>" % a)
    pull = tree.XMLPullParser(["end"])
    pull.feed("<r><c>%d</c><c>" % b)

    class Page(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            seen.append(tag)

    page = Page()
    page.feed("<p><i class=")

    def step(n):
        parser.Parse("<c%d/>" % n)
        pull.feed("%d</c><c>" % n)
        page.feed("'q%d'>" % n + "<i class=")
        return seen[-6:], [element.text for _, element in pull.read_events()]

    return step

#: late_imports
def late_imports(a, b):
    names = ["colorsys", "fractions", "statistics", "textwrap", "ipaddress", "difflib", "calendar", "uuid", "zipfile", "gzip"]

    def step(n):
        import importlib
        import sys
        name = names[(n + a) % len(names)]
        module = importlib.import_module(name)
        space = {}
        exec(compile("def f(x): return [x + i for i in range(%d)]" % (b % 5), "<made>", "exec"), space)
        return module.__name__, len(module.__doc__ or "") > 0, space["f"](n), name in sys.modules

    return step

#: own_randomness
def own_randomness(a, b):
    import random, uuid
    stream = random.Random(a)
    stream.random(), stream.gauss(0, 1)

    def step(n):
        fresh = {random.random() for _ in range(10)}
        return stream.random(), stream.gauss(0, b), stream.sample(range(100), 3), len(fresh), str(uuid.uuid5(uuid.NAMESPACE_URL, str(n)))

    return step

#: big_table
def big_table(a, b):
    table = {i: [i * a, "value %d" % i] for i in range(20000 * (b % 3 + 1))}
    text = "".join(chr(97 + i * a % 26) for i in range(100000))

    def step(n):
        for i in range(n, len(table), 97):
            table[i][0] += n
        return sum(value[0] for value in table.values()), text.count(chr(97 + n % 26)), len(table)

    return step

#: growing_memory
def growing_memory(a, b):
    blocks = [bytes([i % 256]) * (a * 1000) for i in range(b + 20)]

    def step(n):
        blocks.append(bytes(200000 * (n % 10)))
        del blocks[n % len(blocks)]
        return sum(map(len, blocks)), sum(block[0] for block in blocks if block)

    return step

#: classes
def classes(a, b):
    import abc, dataclasses, enum

    class Base(abc.ABC):
        kinds = {}

        def __init_subclass__(cls, **options):
            Base.kinds[cls.__name__] = options

        @abc.abstractmethod
        def value(self): ...

    made = [type("K%d" % i, (Base,), {"value": lambda self, i=i: i * a, "__slots__": ("x",)}) for i in range(b % 5 + 1)]
    color = enum.Flag("Color", ["RED", "GREEN", "BLUE"])
    Point = dataclasses.make_dataclass("Point", [("x", int), ("y", int, dataclasses.field(default=b))], order=True)

    def step(n):
        later = type("L%d" % n, (made[n % len(made)],), {})
        return later().value(), sorted(Base.kinds), str(color.RED | color.BLUE), max(Point(n), Point(a, n)).x, later.__mro__[1].__name__

    return step

#: exceptions
def exceptions(a, b):
    import contextlib, warnings
    stack, log = contextlib.ExitStack(), []
    for i in range(b % 4 + 1):
        stack.callback(log.append, i)
    kept = []
    try:
        try:
            {}[a]
        except KeyError as error:
            raise ValueError(str(b)) from error
    except ValueError as error:
        kept.append(error)
    warnings.simplefilter("error" if a % 2 else "ignore")

    def step(n):
        stack.close()
        try:
            warnings.warn("again")
            heard = False
        except UserWarning:
            heard = True
        error = kept[0]
        return log, heard, repr(error), repr(error.__cause__), error.__traceback__.tb_lineno > 0

    return step

#: own_network
def own_network(a, b):
    import socket, threading

    def step(n):
        server = socket.create_server(("127.0.0.1", 0))

        def serve():
            connection, _ = server.accept()
            connection.sendall(b"%d" % (int(connection.recv(100)) * a))
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(server.getsockname(), 5) as client:
            client.sendall(b"%d" % n)
            answer = client.recv(100).decode()
        thread.join(5)
        server.close()
        left, right = socket.socketpair()
        left.send(b"pair")
        with left, right:
            return answer, right.recv(10), socket.gethostbyname("127.0.0.1")

    return step

#: unconnected_socket
def unconnected_socket(a, b):
    import socket
    sides = [socket.socket(socket.AF_INET, socket.SOCK_STREAM if a % 2 else socket.SOCK_DGRAM)]
    sides[0].settimeout(b)

    def step(n):
        if sides[0].getsockname()[1] == 0:
            sides[0].bind(("127.0.0.1", 0))
        return sides[0].getsockname()[0], sides[0].type, sides[0].gettimeout(), sides[0].fileno() >= 0

    return step

#: output_streams
def output_streams(a, b):
    import sys
    print("begun", end="")
    sys.stdout.write("half a line %d" % a)
    own = open(1, "w", closefd=False)
    own.write("held back")

    def step(n):
        print("step", n)
        own.write("%d" % n)
        own.flush()
        return sys.stdout.line_buffering, sys.stdout.fileno(), own.writable()

    return step

#: asyncio_loop refused
def asyncio_loop(a, b):
    import asyncio
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    return lambda n: loop.run_until_complete(asyncio.sleep(0, n * a))

#: socket_pair refused
def socket_pair(a, b):
    import socket
    left, right = socket.socketpair()
    return lambda n: (left.send(b"%d" % n), right.recv(100))

#: listening_socket refused
def listening_socket(a, b):
    import socket
    server = socket.create_server(("127.0.0.1", 0))

    def step(n):
        with socket.create_connection(server.getsockname(), 5) as client:
            client.send(b"%d" % n)
            with server.accept()[0] as served:
                return served.recv(100)

    return step

#: living_child refused
def living_child(a, b):
    import subprocess
    child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def step(n):
        child.stdin.write(b"%d\n" % n)
        child.stdin.flush()
        return child.stdout.readline()

    return step

#: shared_mapping refused
def shared_mapping(a, b):
    import mmap
    memory = mmap.mmap(-1, 4096)
    memory[0] = a
    return lambda n: memory[0]

#: multiprocessing_queue refused
def multiprocessing_queue(a, b):
    import multiprocessing
    lock = multiprocessing.get_context("fork").Semaphore(a)
    return lambda n: (lock.acquire(), lock.get_value())

#: open_temporary_file refused
def open_temporary_file(a, b):
    import tempfile
    file = tempfile.TemporaryFile()
    file.write(b"%d" % a)
    return lambda n: (file.seek(0), file.read())

#: running_itimer refused
def running_itimer(a, b):
    import signal
    signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    return lambda n: 900 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000

#: memory_file refused
def memory_file(a, b):
    import os
    fd = os.memfd_create("m")
    os.write(fd, b"%d" % a)
    return lambda n: os.pread(fd, 10, 0)
