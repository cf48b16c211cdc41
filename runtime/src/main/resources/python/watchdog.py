"""Programs as OpenFaaS's classic watchdog runs them: one process per request, body in, reply out."""

import select

import posix
from instar import CHUNK, DATA, FAILED, REPLY

_TAIL = 4096
_SIGKILL, _SIGPIPE, _SIGXFSZ = 9, 13, 25


def server(settings):
    """What serves a channel with this command."""
    command = settings["command"]

    def serve(channel):
        while True:
            frame = channel.invocation()
            if frame is None:
                return
            _, more, head, body = frame
            call = Call(channel, head, body, more)
            call.run(command)
            while call.more:
                call.receive()

    return serve


def environment(head, body, more):
    """The shim's own variables and the request's, named as the watchdog names them."""
    variables = dict(posix.environ)
    request = {"Http_Method": head[1], "Http_Path": head[2], "Http_Query": head[3], "Http_Call_Id": head[0]}
    if not more:
        request["Http_Content_Length"] = str(len(body))
    for name, value in zip(head[7::2], head[8::2]):
        key = "Http_" + name.title().replace("-", "_")
        if key == "Http_Content_Length":
            request[key] = value
        elif key != "Http_Proxy":
            request[key] = request[key] + ", " + value if key in request else value
    if "Http_Content_Length" in request:
        request["Http_ContentLength"] = request["Http_Content_Length"]
    for key, value in request.items():
        variables[key.encode()] = value.encode()
    return variables


class Call:
    """One run of the command."""

    def __init__(self, channel, head, body, more):
        self.channel = channel
        self.head = head
        self.pending = memoryview(body)
        self.more = more
        self.broken = False
        self.held = b""
        self.replied = False
        self.tail = b""

    def run(self, command):
        """Runs the command to its end and answers."""
        child_in, self.stdin = posix.pipe2(posix.O_CLOEXEC)
        self.stdout, child_out = posix.pipe2(posix.O_CLOEXEC)
        self.stderr, child_err = posix.pipe2(posix.O_CLOEXEC)
        try:
            self.pid = posix.posix_spawnp(
                command[0],
                command,
                environment(self.head, self.pending, self.more),
                file_actions=[
                    (posix.POSIX_SPAWN_DUP2, child_in, 0),
                    (posix.POSIX_SPAWN_DUP2, child_out, 1),
                    (posix.POSIX_SPAWN_DUP2, child_err, 2),
                ],
                setsigdef=(_SIGPIPE, _SIGXFSZ),
            )
        except (OSError, ValueError) as error:
            self.pid = 0
            self.channel.failure(FAILED, type(error).__name__, "cannot execute %s: %s" % (command[0], error), "")
        for fd in (child_in, child_out, child_err):
            posix.close(fd)
        if self.pid:
            self.answer(self.exchange())
        for fd in (self.stdin, self.stdout, self.stderr):
            if fd >= 0:
                posix.close(fd)

    def exchange(self):
        """Moves bytes both ways until the program has ended; returns its exit code, negative for a signal."""
        for fd in (self.stdin, self.stdout, self.stderr):
            posix.set_blocking(fd, False)
        try:
            process = posix.pidfd_open(self.pid)
        except OSError:
            # Without pidfds a program counts as ended when nobody can write to its standard output any more.
            process = -1
        self.feed()
        while True:
            ready = [fd for fd, _ in self.wanted(process).poll()]
            if self.channel.fd in ready:
                self.receive()
            if self.pending or (not self.more and self.stdin >= 0):
                self.feed()
            if self.stderr in ready:
                self.take_error()
            if self.stdout in ready:
                self.take_output()
            if process in ready or (process < 0 and self.stdout < 0):
                break
        status = posix.waitpid(self.pid, 0)[1]
        if process >= 0:
            posix.close(process)
        # What was written before the end is in the pipes; a child left behind may keep them open for ever.
        while self.stdout >= 0 and self.take_output():
            pass
        while self.stderr >= 0 and self.take_error():
            pass
        return posix.waitstatus_to_exitcode(status)

    def wanted(self, process):
        """What to wait for next: the request is read only as fast as the program takes it."""
        while self.more and not self.pending and self.channel.rest:
            self.receive()
            self.feed()
        poll = select.poll()
        for fd in (self.stdout, self.stderr, process):
            if fd >= 0:
                poll.register(fd, select.POLLIN)
        if self.pending:
            poll.register(self.stdin, select.POLLOUT)
        elif self.more:
            poll.register(self.channel.fd, select.POLLIN)
        return poll

    def receive(self):
        """Reads the next part of the request; drops it if the program does not read any more."""
        frame = self.channel.next(DATA, FAILED)
        if frame is None:
            posix._exit(0)
        kind, self.more, _, body = frame
        if kind == FAILED:
            self.more = False
            self.broken = True
            if self.stdin >= 0:
                posix.kill(self.pid, _SIGKILL)
        elif self.stdin >= 0:
            self.pending = memoryview(body)

    def feed(self):
        """Writes what the program takes, and closes its standard input after the last byte."""
        try:
            while self.pending:
                self.pending = self.pending[posix.write(self.stdin, self.pending) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.pending = memoryview(b"")
            self.end_input()
        if not self.more and self.stdin >= 0:
            self.end_input()

    def end_input(self):
        posix.close(self.stdin)
        self.stdin = -1

    def take_output(self):
        """Takes what the program has written; the first 64 KiB wait, so that a failure can still be told by status."""
        data = self.take(self.stdout)
        if data == b"":
            posix.close(self.stdout)
            self.stdout = -1
        elif data and self.replied:
            self.channel.send(DATA, b"", data, True)
        elif data:
            self.held += data
            if len(self.held) > CHUNK:
                self.channel.send(REPLY, self.reply_head(), self.held, True)
                self.replied = True
        return data

    def take_error(self):
        """Passes standard error on to the log and remembers its last lines."""
        data = self.take(self.stderr)
        if data == b"":
            posix.close(self.stderr)
            self.stderr = -1
        elif data:
            self.tail = (self.tail + data)[-_TAIL:]
            posix.write(2, data)
        return data

    @staticmethod
    def take(fd):
        """What is in a pipe: b"" at its end, None if there is nothing yet."""
        try:
            return posix.read(fd, CHUNK)
        except BlockingIOError:
            return None

    def reply_head(self):
        content_type = posix.environ.get(b"content_type")
        if content_type is None:
            try:
                self.held.decode()
                content_type = b"text/plain; charset=utf-8"
            except UnicodeDecodeError as error:
                cut = len(self.held) > CHUNK and error.start > len(self.held) - 4
                content_type = b"text/plain; charset=utf-8" if cut else b"application/octet-stream"
        return b"200\0content-type\0" + content_type + b"\0"

    def answer(self, code):
        """Ends the reply, or reports how the program failed."""
        trace = self.tail.decode("utf-8", "replace")
        if self.broken:
            self.channel.failure(FAILED, "RequestBroken", "the request's body broke off", trace)
        elif code:
            how = "exit status %d" % code if code > 0 else "killed by signal %d" % -code
            last = trace.strip().rpartition("\n")[2]
            self.channel.failure(FAILED, "ProgramFailed", how + (": " + last if last else ""), trace)
        elif self.replied:
            self.channel.send(DATA)
        else:
            self.channel.send(REPLY, self.reply_head(), self.held)
