"""Programs that serve HTTP on $PORT: started once, every invocation is a request to them on loopback."""

import _socket
import _thread
import select
import time

import posix
from instar import CHUNK, DATA, FAILED, MAX_HEAD, REPLY, HandlerError

_HOP = frozenset(("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
                  "trailer", "transfer-encoding", "upgrade"))
_SIGPIPE, _SIGXFSZ = 13, 25
_WAIT, _LONGEST_WAIT = 0.001, 0.02
_END_WAIT = 50


class ServerError(Exception):
    """The program did not answer as an HTTP server does."""


def server(settings):
    """Starts the program, waits until it accepts connections, and returns what serves a channel with it."""
    command = settings["command"]
    port = int(posix.environ.get(b"PORT") or free_port())
    variables = dict(posix.environ)
    variables[b"PORT"] = b"%d" % port
    try:
        pid = posix.posix_spawnp(command[0], command, variables, setsigdef=(_SIGPIPE, _SIGXFSZ))
    except (OSError, ValueError) as error:
        raise HandlerError("cannot execute %s: %s" % (command[0], error)) from None
    address = await_server(pid, port)

    def serve(channel):
        upstream = Upstream(address, pid)
        while True:
            frame = channel.invocation()
            if frame is None:
                return
            Call(channel, upstream, frame).run()

    return serve


def free_port():
    """A port of the loopback interface nobody listens on."""
    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    return port


def await_server(pid, port):
    """Waits until the program accepts connections; the engine bounds the wait by ending the instance."""
    wait = _WAIT
    while True:
        for family, host in ((_socket.AF_INET, "127.0.0.1"), (_socket.AF_INET6, "::1")):
            try:
                connect((family, host, port)).close()
                return family, host, port
            except OSError:
                pass
        check_alive(pid, " before it accepted connections on port %d" % port)
        time.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_WAIT)


def connect(address):
    family, host, port = address
    connection = _socket.socket(family, _socket.SOCK_STREAM)
    try:
        connection.connect((host, port))
        connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
    except OSError:
        connection.close()
        raise
    return connection


def check_alive(pid, when=""):
    """Raises HandlerError if the program has ended."""
    try:
        ended, status = posix.waitpid(pid, posix.WNOHANG)
    except ChildProcessError:
        raise HandlerError("the program has ended") from None
    if ended:
        code = posix.waitstatus_to_exitcode(status)
        how = "exit status %d" % code if code >= 0 else "signal %d" % -code
        raise HandlerError("the program ended with %s%s; its log has the details" % (how, when))


def await_end(pid):
    """Gives a program that closed its connection the time to end, if that is what it is about to do."""
    try:
        process = posix.pidfd_open(pid)
    except OSError:
        return
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.poll(_END_WAIT)
    posix.close(process)


class Upstream:
    """A connection to the program that is kept between calls."""

    def __init__(self, address, pid):
        self.address = address
        self.pid = pid
        self.connection = None

    def open(self):
        """The kept connection, or a new one if there is none or the program has closed it since."""
        if self.connection is not None:
            try:
                self.connection.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT)
                self.close()
            except BlockingIOError:
                return self.connection
            except OSError:
                self.close()
        self.connection = connect(self.address)
        return self.connection

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Call:
    """One invocation and the exchange it becomes."""

    def __init__(self, channel, upstream, frame):
        self.channel = channel
        self.upstream = upstream
        _, self.more, self.head, self.body = frame
        self.broken = False

    def run(self):
        """Proxies the call; whatever happens, the request is read to its end."""
        sent = None
        reusable = False
        try:
            connection = self.upstream.open()
            connection.sendall(self.request_head() + self.first_part())
            if self.more:
                sent = _thread.allocate_lock()
                sent.acquire()
                _thread.start_new_thread(self.pump, (connection, sent))
            response = Response(connection, self.head[1])
            self.forward(response)
            reusable = response.reusable and sent is None
        except (OSError, ValueError, ServerError, HandlerError) as error:
            self.fail(error)
        if not reusable:
            self.upstream.close()
        if sent is not None:
            sent.acquire()
        while self.more:
            self.receive()

    def request_head(self):
        method, path, query = self.head[1:4]
        lines = [method + " " + path + ("?" + query if query else "") + " HTTP/1.1"]
        length = None
        host = "localhost"
        for name, value in zip(self.head[7::2], self.head[8::2]):
            lower = name.lower()
            if lower == "content-length":
                length = value
            elif lower == "host":
                host = value
            elif lower not in _HOP and lower != "expect":
                lines.append(name + ": " + value)
        lines.append("Host: " + host)
        self.chunked = self.more and length is None
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.more or self.body or method not in ("GET", "HEAD", "OPTIONS", "DELETE"):
            lines.append("Content-Length: " + (length if self.more else str(len(self.body))))
        if any("\r" in line or "\n" in line for line in lines):
            raise ServerError("a line break in the request's head")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")

    def first_part(self):
        return self.chunk(self.body) if self.body else b""

    def chunk(self, data):
        return b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data

    def receive(self):
        """The next part of the request."""
        frame = self.channel.next(DATA, FAILED)
        if frame is None:
            posix._exit(0)
        kind, self.more, _, body = frame
        if kind == FAILED:
            self.more = False
            self.broken = True
        return body

    def pump(self, connection, sent):
        """Sends the rest of a large request while the reply may already be coming; runs in a thread of its own."""
        writing = True
        while self.more:
            data = self.receive()
            try:
                if self.broken:
                    connection.shutdown(_socket.SHUT_RDWR)
                elif writing and data:
                    connection.sendall(self.chunk(data))
            except OSError:
                writing = False
        try:
            if writing and self.chunked and not self.broken:
                connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass
        sent.release()

    def forward(self, response):
        """Sends the reply on as it comes; a short one in a single frame."""
        head = response.reply_head()
        response.fill_short()
        data = response.take()
        self.channel.send(REPLY, head, data, not response.ended)
        while not response.ended:
            response.fill()
            data = response.take()
            if data or response.ended:
                self.channel.send(DATA, b"", data, not response.ended)

    def fail(self, error):
        message = str(error) or type(error).__name__
        ended = False
        try:
            await_end(self.upstream.pid)
            check_alive(self.upstream.pid)
        except HandlerError as reason:
            message, ended = str(reason), True
        if self.broken:
            message = "the request's body broke off"
        self.channel.failure(FAILED, "RequestBroken" if self.broken else "ServerError", message, "")
        if ended:
            posix._exit(1)


class Response:
    """The program's answer: head read at once, body taken as it comes."""

    def __init__(self, connection, method):
        self.connection = connection
        self.buffer = bytearray()
        self.ended = False
        status = 100
        while status < 200:
            status, version = self.read_head()
        self.status = status
        lower = {}
        for name, value in self.fields:
            lower[name.lower()] = value
        encoding = lower.get("transfer-encoding", "").lower()
        length = lower.get("content-length")
        self.chunked = "chunked" in encoding
        self.in_trailer = False
        self.left = 0
        self.until_close = False
        self.bodiless = method == "HEAD" or status in (204, 304)
        if self.bodiless:
            self.ended = True
            self.chunked = False
        elif not self.chunked:
            if length is None:
                self.until_close = True
            elif length.isascii() and length.isdigit():
                self.left = int(length)
                self.ended = self.left == 0
            else:
                raise ServerError("the program sent a malformed Content-Length")
        keep = lower.get("connection", "keep-alive" if version == b"HTTP/1.1" else "close").lower()
        self.reusable = not self.until_close and "close" not in keep
        self.keep_length = method == "HEAD"

    def read_head(self):
        """Status and version; leaves the header fields in `fields`."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if len(self.buffer) > MAX_HEAD:
                raise ServerError("the program sent more than 256 KiB of headers")
            if not self.receive():
                if self.buffer:
                    raise ServerError("the program closed the connection inside the headers")
                raise ServerError("the program closed the connection without an answer")
        lines = bytes(self.buffer[:end]).decode("utf-8", "replace").split("\r\n")
        del self.buffer[: end + 4]
        version, _, rest = lines[0].partition(" ")
        code = rest.partition(" ")[0]
        well_formed = len(code) == 3 and code.isascii() and code.isdigit() and 100 <= int(code) <= 599
        if not version.startswith("HTTP/1.") or not well_formed:
            raise ServerError("the program does not speak HTTP/1.1: %r" % lines[0][:80])
        self.fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise ServerError("the program sent a malformed header: %r" % line[:80])
            self.fields.append((name, value.strip(" \t")))
        return int(code), version.encode()

    def reply_head(self):
        parts = ["%d" % self.status]
        for name, value in self.fields:
            lower = name.lower()
            if lower not in _HOP and (self.keep_length or lower != "content-length"):
                parts += (name, value)
        return _joined(parts)

    def receive(self):
        data = self.connection.recv(CHUNK)
        self.buffer += data
        return len(data)

    def fill(self):
        """Waits for more of the body."""
        if not self.receive():
            if not self.until_close:
                raise ServerError("the program closed the connection inside the body")
            self.ended = True

    def fill_short(self):
        """Waits for the whole of a body that is known to be short."""
        while self.left and self.left <= CHUNK and len(self.buffer) < self.left:
            self.fill()

    def take(self):
        """What has come of the body, at most CHUNK bytes at a time more than one read brought."""
        if self.chunked:
            return self.take_chunks()
        if self.until_close:
            data = bytes(self.buffer)
            self.buffer.clear()
            return data
        data = bytes(self.buffer[: self.left])
        del self.buffer[: self.left]
        self.left -= len(data)
        self.ended = self.left == 0
        return data

    def take_chunks(self):
        """Undoes the chunked encoding as far as it has come."""
        data = bytearray()
        buffer = self.buffer
        while buffer and not self.ended:
            if self.left > 2:
                part = min(self.left - 2, len(buffer))
                data += buffer[:part]
                del buffer[:part]
                self.left -= part
            elif self.left:
                if len(buffer) < self.left:
                    break
                del buffer[: self.left]
                self.left = 0
            elif (end := buffer.find(b"\r\n")) < 0:
                if len(buffer) > MAX_HEAD:
                    raise ServerError("the program sent a malformed chunk")
                break
            else:
                line = bytes(buffer[:end])
                del buffer[: end + 2]
                self.chunk_line(line)
        return bytes(data)

    def chunk_line(self, line):
        """Takes a line between chunks: a size, or after the last chunk a trailer, which is dropped."""
        if self.in_trailer:
            self.ended = not line
            return
        try:
            size = int(line.partition(b";")[0].strip(), 16)
        except ValueError:
            raise ServerError("the program sent a malformed chunk") from None
        if size < 0:
            raise ServerError("the program sent a malformed chunk")
        self.in_trailer = size == 0
        self.left = size + 2 if size else 0


def _joined(parts):
    from instar import load

    return load("replies").joined(parts)
