"""How a process becomes a template, and how a clone of it wakes up as somebody of its own.

Loaded when PARK arrives: a cold start never sees this. Between PARK and PARKED there is time, a clone has none: what WAKE
needs is found, imported and allocated while parking, and waking up does only what differs from clone to clone.
"""

import _thread
import gc
import sys

import instar
import posix
from instar import CHUNK, MAX_HEAD, HandlerError, broken, flush, load, strings

WAKE, PARKED, PARK_FAILED, AWAKE, WAKE_FAILED = 5, 14, 15, 16, 17
# The keys of a WAKE head before the environment, in their order.
_NAMES = ("function", "namespace", "version")
_OWN = ("instance", "hostname", "entropy")
_woken = False
# How a WAKE head begins that has the names this process has.
_names = b""
# The part of a WAKE head that tells the environment which this process has.
_environment = b""
# What stays from the parking for good.
_kept = ()


def park(channel):
    """Answers PARK, and reads the channel again: what comes next is WAKE, here or in a clone."""
    try:
        check_suitable()
        for hook, arguments, options in before_hooks():
            run(hook, arguments, options)
        flush()
        detector = load("detector")
        # Garbage that nobody can reach would be warned of.
        gc.collect()
        findings = detector.inspect()
        renewal = Renewal(findings)
        rehearse(renewal)
        after = after_hooks()
        warnings = findings.warnings()
        del findings
    except BaseException as error:
        flush()
        channel.failed(PARK_FAILED, error)
        return
    flush()
    global _woken
    gate = _thread.allocate_lock()
    gate.acquire()
    instar.GATE = gate
    buffers = (bytearray(CHUNK),)
    waiting = (bytearray(CHUNK),)
    awake = channel.prefix(AWAKE, 0, 0, False)
    calm = is_calm(after)
    # What would be let go of on the way back writes to a page for each object.
    global _kept
    _kept = (renewal, after, warnings, detector, gate, buffers, waiting, awake)
    gc.collect()
    # A collection writes into the header of every object it looks at; frozen ones are left alone, and their pages shared.
    gc.freeze()
    channel.send(PARKED, ("\0".join(warnings) + "\0").encode("utf-8", "backslashreplace") if warnings else b"")
    frame = read_wake(channel, buffers)
    if frame is not None:
        _woken = True
        background, data, start, end = frame
        put_off = background and calm
        if put_off:
            posix.write(channel.fd, awake)
            if not channel.rest:
                # Until its first call a clone has written to next to nothing.
                count = posix.readv(channel.fd, waiting)
                channel.rest = bytes(waiting[0][:count])
        try:
            wake(data, start, end, renewal)
            if after:
                for hook, arguments, options in after:
                    run(hook, arguments, options)
                flush()
        except BaseException as error:
            flush()
            channel.failed(WAKE_FAILED, error)
            posix._exit(1)
        if not put_off:
            posix.write(channel.fd, awake)
    instar.GATE = None
    gate.release()


def is_calm(after):
    """Whether nothing of the function's can run in a clone before its first call, so that waking up can be put off until then."""
    # Threads that Python does not know may call it.
    alone = len(posix.listdir("/proc/self/task")) == 1
    return alone and not after and instar.SETTINGS.get("channels", "1") == "1"


def check_suitable():
    """Raises HandlerError if this process cannot be a template."""
    if "template" not in instar.SETTINGS:
        raise HandlerError("this instance was not started to become a template")
    if _woken:
        # In Node, what was drawn in advance since would not be noticed; so that both are alike, Python refuses too.
        raise HandlerError("an instance that was woken up cannot become a template again")
    if instar.SETTINGS["convention"] == "http-server":
        raise HandlerError(
            "a template cannot hold the server, which is a child process; say `start: cold` in instar.yaml"
        )


def before_hooks():
    """What runs before the capture: last registered first, the handler's own function counting as the very last."""
    hooks = registered("get_before_snapshot")
    own = getattr(instar.MODULE, "before_checkpoint", None)
    if callable(own):
        hooks.append((own, (), {}))
    return hooks[::-1]


def after_hooks():
    """What runs in a clone: first registered first, the handler's own function last."""
    hooks = registered("get_after_restore")
    own = getattr(instar.MODULE, "after_restore", None)
    if callable(own):
        hooks.append((own, (), {}))
    return hooks


def registered(getter):
    """The hooks in the registry of SnapStart's module, be it ours or the function's copy of Amazon's."""
    get = getattr(sys.modules.get("snapshot_restore_py"), getter, None)
    return list(get()) if get is not None else []


def run(hook, arguments, options):
    result = hook(*arguments, **options)
    if hasattr(result, "__await__"):
        import asyncio

        async def ended():
            await result

        asyncio.run(ended())


def read_wake(channel, buffers):
    """The next frame, a WAKE, as (whether no call waits, what holds its head, where that begins, where it ends); None at the end
    of the channel."""
    # Not taken apart, as channel.frame does, if it has come whole: each piece would be memory that a clone writes to.
    if not channel.rest:
        count = posix.readv(channel.fd, buffers)
        buffer = buffers[0]
        end = 16 + (buffer[0] | buffer[1] << 8 | buffer[2] << 16 | buffer[3] << 24)
        if 16 <= count >= end and buffer[8] == WAKE and not any(buffer[4:8]) and buffer[9] < 2 and not any(buffer[10:16]):
            if count > end:
                channel.rest = bytes(buffer[end:count])
            return buffer[9], buffer, 16, end
        channel.rest = bytes(buffer[:count])
    frame = channel.frame((WAKE,))
    return frame and (frame[1], frame[2], 0, len(frame[2]))


def wake(data, start, end, renewal):
    """Takes the identity and environment of a WAKE frame, and streams of its own from all random sources.

    Every object that is touched here costs each clone the copy of a page, and so does every size that is allocated. What rarely
    differs from what the process has already, names and environment, is therefore compared where it was read, as the bytes that
    it comes as, and not taken apart; entropy stays in its hexadecimal digits.
    """
    own = []
    if data.startswith(_names, start, end) and data.endswith(_environment, start + len(_names), end):
        own = bytes(data[start + len(_names) : end - len(_environment)]).split(b"\0")
    if len(own) != 7 or len(own[5]) != 128 or own[6]:
        own = take_all(bytes(data[start:end]))
    settings = instar.SETTINGS
    settings["instance"] = own[1].decode()
    settings["hostname"] = own[3].decode()
    if settings["convention"] == "lambda":
        load("events").set_lambda_environment(settings, settings["handler"])
    renewal.run(own[5])


def take_all(head):
    """Takes the names and the environment of a WAKE head, and returns the keys and values between them."""
    parts = take_names(head).split(b"\0", 6)
    if len(parts) != 7 or len(parts[5]) != 128:
        broken("a WAKE head without instance, hostname and 64 bytes of entropy in front of the environment")
    take_environment(parts.pop())
    return parts


def take_names(head):
    """Takes the names a WAKE head begins with, which an image from another node may not have; the rest of the head."""
    parts = head.split(b"\0", 2 * len(_NAMES))
    for index, key in enumerate(_NAMES):
        if parts[2 * index : 2 * index + 1] != [key.encode()]:
            broken("a WAKE head without " + key)
        instar.SETTINGS[key] = parts[2 * index + 1].decode()
    return parts[-1]


def rehearse(renewal):
    """Wakes up as what the process is already: what the first use imports, allocates or caches is done before the capture."""
    global _environment, _names
    _environment = b"".join(sorted(b"env\0" + name + b"=" + value + b"\0" for name, value in instar.GIVEN.items()))
    _names = head_of((key, instar.SETTINGS.get(key, "")) for key in _NAMES)
    own = (instar.SETTINGS.get("instance", ""), instar.SETTINGS.get("hostname", ""), posix.urandom(64).hex())
    head = _names + head_of(zip(_OWN, own)) + _environment
    if len(head) > MAX_HEAD:
        raise HandlerError("an environment of more than 256 KiB does not fit into a template")
    # Twice, because the first time a function is run it is specialised for what it is given.
    wake(bytearray(head), 0, len(head), renewal)
    wake(bytearray(head), 0, len(head), renewal)


def head_of(pairs):
    """Keys and values as a head has them."""
    return "".join(key + "\0" + value + "\0" for key, value in pairs).encode()


def take_environment(block):
    """Makes the variables of a WAKE head the variables the process was given."""
    global _environment
    if block == _environment:
        return
    parts = strings(block)
    variables = {}
    for key, variable in zip(parts[::2], parts[1::2]):
        name, separator, value = variable.partition("=")
        if key != "env" or not name or not separator:
            broken("a WAKE head with a variable that has no name")
        variables[name.encode("utf-8", "surrogateescape")] = value.encode("utf-8", "surrogateescape")
    if len(parts) & 1:
        broken("a WAKE head whose environment breaks off")
    replace_environment(variables)
    _environment = block


def replace_environment(variables):
    """Makes these the variables the process was given, for Python, for C and for children.

    Only what differs from what it was given before is touched: a function may have set and deleted variables of its own.
    """
    given = instar.GIVEN
    os = sys.modules.get("os")
    # os.environ keeps its variables in this dictionary, and is told of the changes by their own way into C.
    now = posix.environ
    for name in given.keys() - variables.keys():
        if os is not None:
            os.environb.pop(name, None)
        elif name in now:
            del now[name]
            posix.unsetenv(name)
    for name, value in variables.items():
        if given.get(name) != value:
            if os is not None:
                os.environb[name] = value
            else:
                now[name] = value
                posix.putenv(name, value)
    if variables.get(b"TZ") != given.get(b"TZ"):
        sys.modules["time"].tzset()
    given.clear()
    given.update(variables)


class Renewal:
    """What a clone must not have in common with others, of all the sources of random numbers and cached identity in this process.

    Sources in C that read the kernel's generator at every use (os.urandom, secrets) need nothing. A function of each source's own
    would write to three pages of each clone; so most are renewed by one loop over what is to be written where.
    """

    __slots__ = ("keys", "size", "emptied", "threads", "sources")

    def __init__(self, findings):
        # Memory that is filled with random bytes.
        self.keys = []
        # Names in dictionaries whose value becomes None.
        self.emptied = []
        # Attributes of threads that are told the process's id: the first channel is served by the main thread, which has that
        # id as its own. Other threads keep the number they had: only they could ask for theirs.
        self.threads = []
        # Functions of the entropy, for everything else.
        self.sources = []
        self.add_generators(findings)
        self.add_modules()
        self.size = sum(map(len, self.keys))

    def add_generators(self, findings):
        random = sys.modules.get("random")
        if hasattr(random, "_inst"):
            self.empty(vars(random._inst), "gauss_next")
            self.add(generator_key(random._inst), reseed_random(0, random._inst))
        for number, state in enumerate(findings.random_states, 1):
            self.add(state_key(state), reseed_state(number, state))
        for number, bits in enumerate(findings.bit_generators, 1 + len(findings.random_states)):
            self.sources.append(reseed_bits(number, bits))

    def add(self, key, reseed):
        """A generator by its key, or where that is not known by a function that seeds it."""
        if key is None:
            self.sources.append(reseed)
        else:
            self.keys.append(key)

    def empty(self, names, name):
        if name in names:
            self.emptied.append((names, name))

    def add_modules(self):
        for module, name in (
            # libuuid keeps node and clock sequence of its own; without it uuid1 takes them from here and from random.
            ("uuid", "_generate_time_safe"),
            ("uuid", "_last_timestamp"),
            ("tempfile", "_name_sequence"),
            ("platform", "_uname_cache"),
        ):
            if module in sys.modules:
                self.empty(vars(sys.modules[module]), name)
        threading = sys.modules.get("threading")
        if threading is not None:
            self.threads.append(threading.current_thread().__dict__)
        for module, renew in (
            ("_ssl", renew_openssl),
            ("uuid", renew_uuid),
            ("multiprocessing.process", renew_authentication_key),
            ("multiprocessing.synchronize", renew_semaphore_names),
            ("resource", keep_limits),
        ):
            if module in sys.modules:
                self.sources.append(renew(sys.modules[module]))

    def run(self, entropy):
        if self.keys:
            generator = posix.open(b"/dev/urandom", posix.O_RDONLY | posix.O_CLOEXEC)
            filled = posix.readv(generator, self.keys)
            posix.close(generator)
            if filled != self.size:
                # A signal came in between.
                for key in self.keys:
                    key[:] = posix.urandom(len(key))
        for names, name in self.emptied:
            if names.get(name) is not None:
                names[name] = None
        for names in self.threads:
            names["_native_id"] = posix.getpid()
        for source in self.sources:
            source(entropy)


def integer(number, entropy):
    """The entropy as source `number` gets it, so that no two start alike: an integer that random and numpy take word by word."""
    return int.from_bytes(entropy + number.to_bytes(4, "little") + b"\1", "little")


def twister_key(address, words):
    """The key of a Mersenne Twister as memory that can be written; None if it is not there, or nobody has loaded ctypes."""
    ctypes = sys.modules.get("ctypes")
    if ctypes is None:
        return None
    memory = memoryview((ctypes.c_uint32 * len(words)).from_address(address)).cast("B")
    return memory if memory.cast("I").tolist() == words and len(words) == 624 else None


def generator_key(instance):
    """The key of the generator behind the functions of the module random, which in CPython follows a head and an index."""
    # The methods in C, whatever a class in between makes of them. All words of the key are used up afterwards.
    generator = super(sys.modules["random"].Random, instance)
    generator.seed(integer(0, posix.urandom(64)))
    return twister_key(id(instance) + object.__basicsize__ + 4, list(generator.getstate()[:-1]))


def reseed_random(number, instance):
    """For the generator behind the functions of the module random."""
    # The method in C, which takes an integer as it is.
    seed = super(sys.modules["random"].Random, instance).seed

    def reseed(entropy):
        seed(integer(number, entropy))

    return reseed


def state_key(state):
    """The key of numpy's RandomState, the global one above all, if it is a Mersenne Twister's; through numpy's own methods a clone
    would touch, and so copy, 80 pages of numpy's and the interpreter's."""
    bits = state._bit_generator
    if type(bits).__name__ != "MT19937":
        return None
    # Nothing of the last normal variate waits in the state afterwards, and all words of the key are used up.
    state.seed(integer(0, posix.urandom(64)) & 0xFFFFFFFF)
    key = state.get_state()[1]
    # Only asked for the address, numpy loads ctypes.
    return twister_key(bits.ctypes.state_address, key.tolist()) if "ctypes" in sys.modules else None


def reseed_state(number, state):
    """For numpy's RandomState over other generators."""
    bits = state._bit_generator

    def reseed(entropy):
        fresh = dict(type(bits)(integer(number, entropy)).state)
        # A normal variate waits in the state for the next draw, beside the bit generator's own state.
        fresh["has_gauss"] = 0
        fresh["gauss"] = 0.0
        state.set_state(fresh)

    return reseed


def reseed_bits(number, bits):
    """For the bit generator under a numpy Generator that was made without a seed."""

    def reseed(entropy):
        bits.state = type(bits)(integer(number, entropy)).state

    return reseed


def renew_openssl(ssl):
    def renew(entropy):
        # OpenSSL reseeds by itself when the process id has changed; this does it whatever the id.
        ssl.RAND_add(entropy, 32.0)

    return renew


def renew_uuid(uuid):
    def renew(entropy):
        # The lowest bit of the first byte marks an address that is no network card's.
        uuid._node = int.from_bytes(posix.urandom(6), "big") | 1 << 40

    return renew


def renew_authentication_key(process):
    def renew(entropy):
        process.current_process().authkey = posix.urandom(32)

    return renew


def renew_semaphore_names(synchronize):
    sequence = type(synchronize.SemLock._rand)

    def renew(entropy):
        synchronize.SemLock._rand = sequence()

    return renew


def keep_limits(resource):
    """A clone's limits are those of its sandbox, as a new process's are; what the function changed is changed again."""
    kinds = {getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}
    limits = {kind: resource.getrlimit(kind) for kind in sorted(kinds)}

    def keep(entropy):
        for kind, limit in limits.items():
            if resource.getrlimit(kind) != limit:
                resource.setrlimit(kind, limit)

    return keep
