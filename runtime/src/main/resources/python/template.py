"""How a process becomes a template, and how a clone of it wakes up as somebody of its own.

Loaded when PARK arrives: a cold start never sees this. Between PARK and PARKED there is time, a clone has none: what WAKE
needs is found, imported and allocated while parking, and waking up does only what differs from clone to clone.
"""

import _thread
import gc
import sys

import instar
import posix
from instar import MAX_HEAD, HandlerError, broken, flush, load, strings

WAKE, PARKED, PARK_FAILED, AWAKE, WAKE_FAILED = 5, 14, 15, 16, 17
# The keys of a WAKE head before the environment, in their order.
_NAMES = ("function", "namespace", "version")
_OWN = ("instance", "hostname", "entropy")
_woken = False
# How a WAKE head begins that has the names this process has.
_names = b""
# The part of a WAKE head that tells the environment which this process has.
_environment = b""


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
        sources = random_sources(findings)
        rehearse(sources)
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
    gc.collect()
    # A collection writes into the header of every object it looks at; frozen ones are left alone, and their pages shared.
    gc.freeze()
    channel.send(PARKED, ("\0".join(warnings) + "\0").encode("utf-8", "backslashreplace") if warnings else b"")
    frame = channel.frame((WAKE,))
    if frame is not None:
        _woken = True
        try:
            wake(frame[2], sources)
            if after:
                for hook, arguments, options in after:
                    run(hook, arguments, options)
                flush()
        except BaseException as error:
            flush()
            channel.failed(WAKE_FAILED, error)
            posix._exit(1)
        channel.send(AWAKE)
    instar.GATE = None
    gate.release()


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


def wake(head, sources):
    """Takes the identity and environment of a WAKE frame, and streams of its own from all random sources.

    Every object that is touched here costs each clone the copy of a page, and so does every size that is allocated. What rarely
    differs from what the process has already, names and environment, is therefore compared as the bytes that it comes as, and
    not taken apart; entropy stays in its hexadecimal digits.
    """
    parts = (head[len(_names) :] if head.startswith(_names) else take_names(head)).split(b"\0", 6)
    if len(parts) != 7 or len(parts[5]) != 128:
        broken("a WAKE head without instance, hostname and 64 bytes of entropy in front of the environment")
    _, instance, _, hostname, _, entropy, environment = parts
    if environment != _environment:
        take_environment(environment)
    settings = instar.SETTINGS
    settings["instance"] = instance.decode()
    settings["hostname"] = hostname.decode()
    if settings["convention"] == "lambda":
        load("events").set_lambda_environment(settings, settings["handler"])
    for source in sources:
        source(entropy)


def take_names(head):
    """Takes the names a WAKE head begins with, which an image from another node may not have; the rest of the head."""
    parts = head.split(b"\0", 2 * len(_NAMES))
    for index, key in enumerate(_NAMES):
        if parts[2 * index : 2 * index + 1] != [key.encode()]:
            broken("a WAKE head without " + key)
        instar.SETTINGS[key] = parts[2 * index + 1].decode()
    return parts[-1]


def rehearse(sources):
    """Wakes up as what the process is already: what the first use imports, allocates or caches is done before the capture."""
    global _environment, _names
    _environment = b"".join(sorted(b"env\0" + name + b"=" + value + b"\0" for name, value in instar.GIVEN.items()))
    _names = head_of((key, instar.SETTINGS.get(key, "")) for key in _NAMES)
    own = (instar.SETTINGS.get("instance", ""), instar.SETTINGS.get("hostname", ""), posix.urandom(64).hex())
    head = _names + head_of(zip(_OWN, own)) + _environment
    if len(head) > MAX_HEAD:
        raise HandlerError("an environment of more than 256 KiB does not fit into a template")
    # Twice, because the first time a function is run it is specialised for what it is given.
    wake(head, sources)
    wake(head, sources)


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


def random_sources(findings):
    """A function of the entropy for each source of random numbers or cached identity in this process.

    Sources in C that read the kernel's generator at every use (os.urandom, secrets) need nothing.
    """
    sources = []
    random = sys.modules.get("random")
    if hasattr(random, "_inst"):
        sources.append(reseed_random(len(sources), random._inst))
    for state in findings.random_states:
        sources.append(reseed_state(len(sources), state))
    for bits in findings.bit_generators:
        sources.append(reseed_bits(len(sources), bits))
    ssl = sys.modules.get("_ssl")
    if ssl is not None:
        # OpenSSL reseeds by itself when the process id has changed; this does it whatever the id.
        sources.append(lambda entropy: ssl.RAND_add(entropy, 32.0))
    for name, renew in (
        ("uuid", renew_uuid),
        ("tempfile", renew_tempfile),
        ("multiprocessing.process", renew_authentication_key),
        ("multiprocessing.synchronize", renew_semaphore_names),
        ("threading", renew_thread_id),
        ("platform", renew_host),
        ("resource", keep_limits),
    ):
        module = sys.modules.get(name)
        if module is not None:
            sources.append(renew(module))
    return sources


def integer(number, entropy):
    """The entropy as source `number` gets it, so that no two start alike: an integer that random and numpy take word by word."""
    return int.from_bytes(entropy + number.to_bytes(4, "little") + b"\1", "little")


def reseed_random(number, instance):
    """For the generator behind the functions of the module random."""
    # The method in C, which takes an integer as it is.
    seed = super(sys.modules["random"].Random, instance).seed

    def reseed(entropy):
        seed(integer(number, entropy))
        instance.gauss_next = None

    return reseed


def reseed_state(number, state):
    """For numpy's RandomState, the global one above all."""
    numpy = sys.modules["numpy"]
    bits = state._bit_generator
    if type(bits).__name__ == "MT19937":
        # Nothing of the last normal variate waits in the state afterwards, and all words of the key are used up.
        state.seed(integer(0, posix.urandom(64)) & 0xFFFFFFFF)
        key = twister_key(state)
        if key is not None:

            def renew(entropy):
                # Through numpy's own methods this would touch, and so copy, 80 pages of numpy's and the interpreter's.
                key[:] = posix.urandom(len(key))

            return renew

    def reseed(entropy):
        fresh = dict(type(bits)(integer(number, entropy)).state)
        # A normal variate waits in the state for the next draw, beside the bit generator's own state.
        fresh["has_gauss"] = 0
        fresh["gauss"] = 0.0
        state.set_state(fresh)

    return reseed


def twister_key(state):
    """The key of a Mersenne Twister as memory that can be written; None where this numpy keeps it in another way."""
    ctypes = sys.modules.get("ctypes")
    if ctypes is None:
        return None
    key = state.get_state()[1]
    address = state._bit_generator.ctypes.state_address
    memory = memoryview((ctypes.c_uint32 * len(key)).from_address(address)).cast("B")
    return memory if bytes(memory) == key.tobytes() and len(key) == 624 else None


def reseed_bits(number, bits):
    """For the bit generator under a numpy Generator that was made without a seed."""

    def reseed(entropy):
        bits.state = type(bits)(integer(number, entropy)).state

    return reseed


def renew_uuid(uuid):
    def renew(entropy):
        # libuuid keeps node and clock sequence of its own; without it uuid1 takes them from here and from random.
        if hasattr(uuid, "_generate_time_safe"):
            uuid._generate_time_safe = None
        if hasattr(uuid, "_last_timestamp"):
            uuid._last_timestamp = None
        # The lowest bit of the first byte marks an address that is no network card's.
        uuid._node = int.from_bytes(posix.urandom(6), "big") | 1 << 40

    return renew


def renew_tempfile(tempfile):
    def renew(entropy):
        tempfile._name_sequence = None

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


def renew_thread_id(threading):
    # The first channel is served by the main thread. Others keep the number they had: only they could ask for theirs.
    set_native_id = threading.current_thread()._set_native_id

    def renew(entropy):
        set_native_id()

    return renew


def renew_host(platform):
    def renew(entropy):
        platform._uname_cache = None

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
