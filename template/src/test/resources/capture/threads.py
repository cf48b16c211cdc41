"""Threads in different waits, and answers about itself."""

import os
import select
import signal
import sys
import threading
import time

ready = threading.Barrier(6)
lock = threading.Lock()
lock.acquire()
counter = [0]


def sleeping():
    ready.wait()
    while True:
        time.sleep(1000)


def locked():
    ready.wait()
    lock.acquire()


def polling():
    poller = select.epoll()
    read, write = os.pipe()
    poller.register(read, select.EPOLLIN)
    ready.wait()
    while True:
        poller.poll()


def selecting():
    read, write = os.pipe()
    ready.wait()
    while True:
        select.select([read], [], [], 1000)


def spinning():
    ready.wait()
    while True:
        counter[0] += 1
        time.sleep(0)


signal.signal(signal.SIGUSR1, lambda number, frame: None)
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
os.umask(0o027)
blob = b"0123456789abcdef" * 100000
for work in (sleeping, locked, polling, selecting, spinning):
    threading.Thread(target=work, daemon=True, name=work.__name__).start()
ready.wait()
print("ready", flush=True)
for line in sys.stdin:
    print(eval(line), flush=True)
