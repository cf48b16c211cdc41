"""What ordinary Python functions do; prints one line per thing that worked, and fails loudly otherwise."""

import asyncio
import concurrent.futures
import ctypes
import http.server
import json
import mmap
import multiprocessing
import os
import random
import resource
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
import uuid
import zipfile


def files():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "file")
        with open(path, "w+b") as file:
            file.truncate(8192)
            with mmap.mmap(file.fileno(), 0) as mapped:
                mapped[0:5] = b"hello"
                mapped.flush()
            os.fsync(file.fileno())
        os.chmod(path, 0o600)
        os.chown(path, os.getuid(), os.getgid())
        os.utime(path)
        os.symlink(path, path + "-link")
        os.rename(path, path + "-new")
        shutil.copy2(path + "-new", path + "-copy")
        os.mkfifo(path + "-fifo")
        os.link(path + "-copy", path + "-hard")
        with zipfile.ZipFile(path + ".zip", "w") as archive:
            archive.write(path + "-copy")
        assert len(list(os.walk(directory))) == 1
        shutil.copytree(directory, directory + "/tree", ignore=shutil.ignore_patterns("*-fifo", "*-link", "tree"))
        assert os.statvfs(directory).f_bsize and shutil.disk_usage(directory).total
        database = sqlite3.connect(path + ".sqlite")
        database.execute("pragma journal_mode=wal")
        database.execute("create table t (x)")
        database.execute("insert into t values (1)")
        database.commit()
        database.close()


def threads():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda x: time.sleep(0.001) or x, range(50))) == 1225
    done = threading.Event()
    timer = threading.Timer(0.01, done.set)
    timer.start()
    assert done.wait(5)


def square(x):
    return x * x


def processes():
    assert subprocess.run(["/bin/sh", "-c", "echo a | tr a b"], capture_output=True, check=True).stdout == b"b\n"
    assert subprocess.run(["/bin/cat"], input=b"x", stdout=subprocess.PIPE, start_new_session=True).stdout == b"x"
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(square, range(10))[9] == 81
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(abs, [-1]) == [1]
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=queue.put, args=(7,))
    process.start()
    assert queue.get(timeout=10) == 7
    process.join()
    descriptor = os.pidfd_open(os.getpid())
    os.close(descriptor)
    master, slave = os.openpty()
    os.close(master)
    os.close(slave)


def signals():
    seen = []
    signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.pause()
    assert seen
    os.kill(os.getpid(), 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    assert signal.sigtimedwait([signal.SIGUSR1], 1).si_signo == signal.SIGUSR1


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served")

    def log_message(self, *_):
        pass


def network():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with urllib.request.urlopen("http://127.0.0.1:%d/" % server.server_port, timeout=10) as reply:
        assert reply.read() == b"served"
    server.shutdown()
    left, right = socket.socketpair()
    left.sendall(b"x")
    socket.send_fds(left, [b"fd"], [0])
    assert select.select([right], [], [], 1)[0]
    poller = select.epoll()
    poller.register(right, select.EPOLLIN)
    assert poller.poll(1)
    assert socket.getaddrinfo("localhost", 80)
    assert any(name == "lo" for _, name in socket.if_nameindex())
    try:
        socket.getaddrinfo("does-not-exist.invalid", 80)
    except socket.gaierror:
        pass
    context = ssl.create_default_context()
    client = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="x")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass


async def loop():
    process = await asyncio.create_subprocess_exec("/bin/echo", "async", stdout=subprocess.PIPE)
    assert (await process.communicate())[0] == b"async\n"

    async def serve(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"line\n")
    assert await reader.readline() == b"line\n"
    writer.close()
    server.close()
    await asyncio.to_thread(time.sleep, 0.001)
    await asyncio.wait_for(asyncio.sleep(0.001), 1)


def system():
    assert os.urandom(8) and uuid.uuid4() and uuid.uuid1() and random.SystemRandom().random()
    assert os.cpu_count() and os.sched_getaffinity(0) and os.getloadavg()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    assert resource.getrusage(resource.RUSAGE_CHILDREN)
    os.nice(0)
    ctypes.CDLL(None).malloc_trim(0)
    assert json.loads(json.dumps({"uname": os.uname().sysname}))["uname"] == "Linux"
    assert os.memfd_create("m") > 2
    os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
    os.setresuid(-1, -1, -1)


def libraries():
    import numpy
    from PIL import Image

    matrix = numpy.random.default_rng(1).random((300, 300))
    assert (matrix @ matrix).shape == (300, 300)
    numpy.linalg.svd(matrix)
    with tempfile.TemporaryFile() as file:
        Image.new("RGB", (200, 200), "red").resize((20, 20)).save(file, "JPEG")
        file.seek(0)
        assert Image.open(file).size == (20, 20)


if __name__ == "__main__":
    for part in (files, threads, processes, signals, network, system, libraries):
        part()
        print(part.__name__, flush=True)
    asyncio.run(loop())
    print("loop", flush=True)
