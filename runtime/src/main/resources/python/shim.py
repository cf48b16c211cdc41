"""The Python shim: loads a handler and serves invocations on descriptors 3, 4, ...

A cold start is on the caller's clock from exec to READY, so nothing is imported here that the bare interpreter has not
loaded already: no os, no json, no re. What a convention needs is loaded when that convention has been recognised. The
protocol is described in docs/protocol.md.

Threads and timers that a call leaves running are not stopped when its reply has gone out: the engine freezes or ends
instances, the shim does not know which.
"""

import marshal
import posix
import sys
from posix import read, write

INIT, INVOKE, DATA, PARK, READY, INIT_FAILED, REPLY, FAILED = 1, 2, 3, 4, 10, 11, 12, 13
MAX_HEAD = 256 * 1024
MAX_BODY = 1024 * 1024
CHUNK = 64 * 1024
FLAGS = {bytes(7): False, b"\1" + bytes(6): True}
PROTOCOL_BROKEN = 70

MODULES = ("handler", "index", "lambda_function", "app", "main")
ATTRIBUTES = ("handle", "handler", "lambda_handler", "main")
CONVENTIONS = {
    "openfaas-http": "openfaas",
    "openfaas-classic": "openfaas",
    "lambda": "events",
    "sebs": "events",
    "watchdog": "watchdog",
    "http-server": "http_server",
}


# The function as loaded: the settings of INIT, with the convention recognised, and the handler's module, if it has one.
SETTINGS = {}
MODULE = None
# The variables this process was given, where it is to become a template: os.environ writes through to posix.environ.
GIVEN = {}
# Held while the process is parked and wakes up, so that no channel but the first runs anything then; None otherwise.
GATE = None


class BadRequest(Exception):
    """The caller's request is not what the convention wants; answered with status 400."""


class HandlerError(Exception):
    """The function's files or settings are not as they must be."""


class Channel:
    """One descriptor that carries one invocation at a time."""

    __slots__ = ("fd", "rest")

    def __init__(self, fd):
        self.fd = fd
        self.rest = b""
        posix.set_inheritable(fd, False)

    def next(self, *expected):
        """The next frame as (type, more, strings of the head, body), or None at the end of the channel."""
        frame = self.frame(expected)
        return frame and (frame[0], frame[1], strings(frame[2]), frame[3])

    def frame(self, expected):
        """The next frame as (type, more, head, body), or None at the end of the channel."""
        data = self.rest or read(self.fd, CHUNK)
        while len(data) < 16:
            if not data:
                return None
            chunk = read(self.fd, CHUNK)
            if not chunk:
                return None
            data += chunk
        head_length = int.from_bytes(data[0:4], "little")
        body_length = int.from_bytes(data[4:8], "little")
        kind = data[8]
        more = FLAGS.get(data[9:16])
        if head_length > MAX_HEAD or body_length > MAX_BODY or more is None or kind not in expected:
            broken("a frame of type %d, head %d, body %d, flags %r" % (kind, head_length, body_length, data[9:16]))
        body_start = 16 + head_length
        end = body_start + body_length
        if len(data) < end:
            data = self._fill(data, end)
            if data is None:
                return None
        self.rest = data[end:]
        return kind, more, data[16:body_start], data[body_start:end]

    def _fill(self, data, end):
        """Reads until the frame that ends at `end` is complete."""
        whole = bytearray(end)
        count = len(data)
        whole[:count] = data
        view = memoryview(whole)
        while count < end:
            got = posix.readv(self.fd, [view[count:]])
            if not got:
                return None
            count += got
        return bytes(whole)

    def invocation(self):
        """The next INVOKE frame, or None at the end of the channel. Parks in between if told to."""
        while True:
            frame = self.next(INVOKE, PARK) if self.fd == 3 else self.next(INVOKE)
            gate = GATE
            if gate is not None:
                with gate:
                    pass
            if frame is None or frame[0] == INVOKE:
                return frame
            load("template").park(self)

    def rest_of_body(self, body):
        """The whole of a body that goes on after its first part, or None if it broke off."""
        parts = [body]
        more = True
        while more:
            frame = self.next(DATA, FAILED)
            if frame is None:
                posix._exit(0)
            kind, more, _, part = frame
            if kind == FAILED:
                return None
            parts.append(part)
        return b"".join(parts)

    @staticmethod
    def prefix(kind, head_length, body_length, more):
        """How a frame begins."""
        return (head_length | body_length << 32 | kind << 64 | more << 72).to_bytes(16, "little")

    def send(self, kind, head=b"", body=b"", more=False):
        """Sends one frame; the body is at most MAX_BODY long."""
        size = len(body)
        prefix = self.prefix(kind, len(head), size, more) + head
        if size <= CHUNK:
            data = prefix + body
            sent = write(self.fd, data)
        else:
            sent = posix.writev(self.fd, (prefix, body))
            if sent == len(prefix) + size:
                return
            data = prefix + body
        while sent != len(data):
            sent += write(self.fd, memoryview(data)[sent:])

    def reply(self, head, body):
        """Sends a reply whose body is bytes, or an iterable of them."""
        if len(head) > MAX_HEAD:
            raise HandlerError("the reply's headers take more than 256 KiB")
        if type(body) is not bytes:
            self.stream(head, body)
        elif len(body) <= MAX_BODY:
            self.send(REPLY, head, body)
        else:
            view = memoryview(body)
            self.send(REPLY, head, view[:MAX_BODY], True)
            for start in range(MAX_BODY, len(body), MAX_BODY):
                self.send(DATA, b"", view[start : start + MAX_BODY], start + MAX_BODY < len(body))

    def stream(self, head, parts):
        """Sends each part as it comes, and FAILED if they break off."""
        self.send(REPLY, head, b"", True)
        try:
            for part in parts:
                if type(part) is str:
                    part = part.encode()
                view = memoryview(part).cast("B")
                for start in range(0, len(view), MAX_BODY):
                    self.send(DATA, b"", view[start : start + MAX_BODY], True)
        except Exception as error:
            self.failed(FAILED, error)
            return
        self.send(DATA)

    def failed(self, kind, error):
        """Reports an error of the handler."""
        self.failure(kind, *load("errors").describe(error))

    def failure(self, kind, *strings):
        """Reports an error by its type, message and trace."""
        clean = [string[-65536:].replace("\0", "\\0") for string in strings]
        self.send(kind, ("\0".join(clean) + "\0").encode("utf-8", "backslashreplace")[-MAX_HEAD:])


def strings(head):
    """What a head consists of."""
    try:
        parts = head.decode().split("\0")
    except UnicodeDecodeError:
        broken("a head that is not UTF-8")
    if parts.pop():
        broken("a head that does not end with NUL")
    return parts


def broken(what):
    """Ends the instance because the other side does not keep to the protocol."""
    write(2, ("instar: the channel carried " + what + "\n").encode())
    posix._exit(PROTOCOL_BROKEN)


def load(name):
    """A module of the shim. The path finders of the import system would cost more than the module."""
    full = "instar." + name
    module = sys.modules.get(full)
    if module is None:
        fd = posix.open(SHIMS + name + ".pyc", posix.O_RDONLY | posix.O_CLOEXEC)
        code = marshal.loads(read(fd, 1 << 20)[16:])
        posix.close(fd)
        module = type(sys)(full)
        sys.modules[full] = module
        exec(code, module.__dict__)
    return module


def parse(pairs):
    """The settings of the INIT frame; repeated keys become lists."""
    settings = {"command": [], "warm-up": []}
    for key, value in zip(pairs[::2], pairs[1::2]):
        if key in ("command", "warm-up"):
            settings[key].append(value)
        else:
            settings[key] = value
    return settings


def prepare_interpreter(directory):
    """Does what leaving out `site` left undone, and what a log reader expects."""
    if sys.path and sys.path[0] + "/" == SHIMS:
        del sys.path[0]
    version = "python%d.%d" % sys.version_info[:2]
    for packages in (
        "/usr/local/lib/" + version + "/dist-packages",
        "/usr/lib/python3/dist-packages",
        "/usr/lib/" + version + "/site-packages",
    ):
        try:
            posix.stat(packages)
        except OSError:
            continue
        sys.path.append(packages)
    # For functions written for SnapStart that do not bring its module along.
    sys.path.append(SHIMS + "modules")
    builtins = sys.modules["builtins"]
    builtins.exit = builtins.quit = sys.exit
    sys.argv = [""]
    posix.chdir(directory)
    # A call that is ended at its deadline must not lose the lines it printed.
    sys.stdout.reconfigure(line_buffering=True)


def flush():
    """Writes out what the handler printed; it may have replaced or closed the streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass


def locate(wanted, names):
    """Module name and attribute names to try, for a `handler` setting such as "pkg/module.attribute"."""
    wanted = wanted.removesuffix(".py").replace("/", ".").strip(".")
    module, _, attribute = wanted.rpartition(".")
    if module:
        return module, (attribute,)
    if wanted and (wanted + ".py" in names or wanted in names):
        return wanted, ATTRIBUTES
    for module in MODULES:
        if module + ".py" in names or module in names:
            return module, (wanted,) if wanted else ATTRIBUTES
    raise HandlerError(
        "there is no handler file: looked for " + ", ".join(module + ".py" for module in MODULES)
        + "; name another one in instar.yaml, for example `handler: module.function`"
    )


def import_module(name, directory, names):
    """Imports the handler's module, which may also believe that it lives in OpenFaaS's package `function`."""
    if "function" not in names and "function.py" not in names:
        package = type(sys)("function")
        package.__path__ = [directory]
        sys.modules["function"] = package
    try:
        __import__(name)
    except ImportError as error:
        if "no known parent package" not in str(error):
            raise
        name = "function." + name
        __import__(name)
    return sys.modules[name]


def arity(function):
    """How many positional arguments a callable takes at the most, and whether it is a coroutine function."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    bound = hasattr(function, "__self__")
    code = getattr(function, "__code__", None)
    if code is None:
        bound = True
        code = getattr(getattr(type(function), "__call__", None), "__code__", None)
    if code is None:
        return 2, False
    count = code.co_argcount - bound
    return (max(count, 2) if code.co_flags & 4 else count), bool(code.co_flags & 128)


def recognise(attribute, count):
    """The convention of a handler of that name with so many parameters."""
    if attribute == "handle":
        return "openfaas-http" if count >= 2 else "openfaas-classic"
    if attribute == "lambda_handler" or count >= 2:
        return "lambda"
    return "sebs"


def load_handler(settings, directory):
    """Imports the handler; returns its convention and what answers a request."""
    names = set(posix.listdir(directory))
    module_name, attributes = locate(settings.get("handler", ""), names)
    convention = settings.get("convention", "auto")
    if convention == "lambda":
        load("events").set_lambda_environment(settings, module_name + "." + attributes[0])
    global MODULE
    MODULE = module = import_module(module_name, directory, names)
    for attribute in attributes:
        function = getattr(module, attribute, None)
        if callable(function):
            break
    else:
        raise HandlerError("%s has no function %s" % (module_name, " or ".join(attributes)))
    count, coroutine = arity(function)
    if convention == "auto":
        convention = recognise(attribute, count)
    if convention not in CONVENTIONS:
        raise HandlerError("the convention " + convention + " does not fit a Python handler")
    if coroutine:
        function = awaited(function)
    respond = load(CONVENTIONS[convention]).responder(settings, convention, function, count, module_name + "." + attribute)
    hook = settings.get("init")
    if hook:
        if not callable(getattr(module, hook, None)):
            raise HandlerError("%s has no function %s, which the key init names" % (module_name, hook))
        getattr(module, hook)()
    return convention, respond


def awaited(function):
    """A plain function that runs a coroutine function to its end."""
    import asyncio

    return lambda *arguments: asyncio.run(function(*arguments))


def warm_up(events, respond):
    """Gives each event to the handler as the body of a POST; a failure is a failure of the initialisation."""
    for event in events:
        deadline = "9" * 13
        head, body = respond(["warm-up", "POST", "/", "", "", deadline, "raw"], event.encode())
        if type(body) is not bytes:
            for _ in body:
                pass
        if head[:1] == b"5":
            raise HandlerError("the handler answered a warm-up event with status " + head[:3].decode())


def serve(channel, respond):
    """Answers invocations until the channel ends."""
    while True:
        frame = channel.invocation()
        if frame is None:
            return
        _, more, head, body = frame
        if len(head) < 7 or not len(head) & 1:
            broken("an INVOKE head of %d strings" % len(head))
        if more:
            body = channel.rest_of_body(body)
            if body is None:
                channel.failure(FAILED, "RequestBroken", "the request's body broke off", "")
                continue
        try:
            reply, body = respond(head, body)
            flush()
            channel.reply(reply, body)
        except BadRequest as error:
            flush()
            channel.reply(b"400\0content-type\0text/plain; charset=utf-8\0", str(error).encode())
        except SystemExit:
            raise
        except BaseException as error:
            flush()
            channel.failed(FAILED, error)


def main():
    directory = sys.argv[1]
    channel = Channel(3)
    frame = channel.next(INIT)
    if frame is None:
        return
    SETTINGS.update(parse(frame[2]))
    settings = SETTINGS
    if "template" in settings:
        GIVEN.update(posix.environ)
    convention = settings.get("convention", "auto")
    command = settings["command"]
    try:
        prepare_interpreter(directory)
        if command or convention in ("watchdog", "http-server"):
            convention = "watchdog" if convention == "auto" else convention
            if not command or CONVENTIONS.get(convention) not in ("watchdog", "http_server"):
                raise HandlerError("the conventions watchdog and http-server, and only they, need a command")
            serve_one = load(CONVENTIONS[convention]).server(settings)
        else:
            convention, respond = load_handler(settings, directory)
            warm_up(settings["warm-up"], respond)
            serve_one = lambda channel: serve(channel, respond)
        flush()
    except BaseException as error:
        flush()
        channel.failed(INIT_FAILED, error)
        posix._exit(1)
    settings["convention"] = convention
    count = int(settings.get("channels", "1"))
    channels = [channel] + [Channel(3 + i) for i in range(1, count)]
    channel.send(READY, convention.encode() + b"\0")
    if count == 1:
        serve_one(channel)
    else:
        load("threads").serve_all(channels, serve_one)


if __name__ == "__main__":
    SHIMS = sys.argv[0].rpartition("/")[0] + "/"
    sys.modules["instar"] = sys.modules["__main__"]
    main()
