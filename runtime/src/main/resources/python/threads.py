"""Several channels at a time, each with a thread of its own."""

import _thread
import sys

# Must be imported first by the main thread, or it takes another one for it, and complains when the process ends.
import threading  # noqa: F401

import posix
from instar import flush


def serve_all(channels, serve_one):
    """Serves the first channel from this thread and each further one from a thread of its own."""
    def run(channel, done):
        try:
            serve_one(channel)
        except SystemExit as error:
            flush()
            if error.code is not None and not isinstance(error.code, int):
                print(error.code, file=sys.stderr, flush=True)
            posix._exit(error.code if isinstance(error.code, int) else error.code is not None)
        finally:
            done.release()

    locks = []
    for channel in channels[1:]:
        done = _thread.allocate_lock()
        done.acquire()
        locks.append(done)
        _thread.start_new_thread(run, (channel, done))
    serve_one(channels[0])
    for done in locks:
        done.acquire()
