"""What the clones of this process would share, or miss, and nobody can put right from outside the function."""

import gc
import sys

import instar
import posix

MOST = 40
LONGEST = 400
_SOCKET, _REGULAR, _TYPE_MASK = 0o140000, 0o100000, 0o170000
_ACCESS_MASK = 3

_DATABASES = {
    ("sqlite3", "Connection"): "an SQLite database",
    ("psycopg", "Connection"): "a PostgreSQL connection",
    ("psycopg", "AsyncConnection"): "a PostgreSQL connection",
    ("psycopg2.extensions", "connection"): "a PostgreSQL connection",
    ("asyncpg.connection", "Connection"): "a PostgreSQL connection",
    ("pymysql.connections", "Connection"): "a MySQL connection",
    ("MySQLdb.connections", "Connection"): "a MySQL connection",
    ("mysql.connector.abstracts", "MySQLConnectionAbstract"): "a MySQL connection",
    ("redis.connection", "AbstractConnection"): "a Redis connection",
    ("redis.connection", "Connection"): "a Redis connection",
    ("pymongo.mongo_client", "MongoClient"): "a MongoDB client",
    ("pymongo.synchronous.mongo_client", "MongoClient"): "a MongoDB client",
    ("oracledb.connection", "Connection"): "an Oracle connection",
    ("pyodbc", "Connection"): "an ODBC connection",
}
_REOPEN = "close it in before_checkpoint() and open it again in after_restore()"


class Findings:
    """What an inspection found."""

    def __init__(self):
        self.found = []
        self.random_states = []
        self.bit_generators = []

    def add(self, what, remedy):
        self.found.append((what, remedy))

    def warnings(self):
        """One text per finding, bounded in number and length."""
        texts = []
        for what, remedy in self.found:
            room = LONGEST - len(remedy) - 2
            text = (what if len(what) <= room else what[: room - 1] + "\u2026") + "; " + remedy
            texts.append(text.replace("\0", "\\0"))
        if len(texts) > MOST:
            texts[MOST - 1 :] = ["%d further findings are not listed" % (len(texts) - MOST + 1)]
        return texts


def inspect():
    findings = Findings()
    inspect_objects(findings)
    inspect_descriptors(findings)
    inspect_children(findings)
    inspect_threads(findings)
    return findings


def inspect_objects(findings):
    """Sorts out, among all objects the collector knows, those that hold a stream of random numbers or a connection."""
    kinds = {}
    wanted = []
    names_sequences = []
    for thing in gc.get_objects():
        cls = type(thing)
        kind = kinds.get(cls)
        if kind is None:
            kind = kinds[cls] = kind_of(cls)
        if kind == "names":
            names_sequences.append(thing)
        elif kind:
            wanted.append((kind, thing))
    del thing
    ours = {id(getattr(sys.modules.get("random"), "_inst", None))}
    ours.update(id(getattr(sequence, "_rng", None)) for sequence in names_sequences)
    wanted = [(kind, thing) for kind, thing in wanted if id(thing) not in ours]
    owners = owners_of({id(thing) for _, thing in wanted})
    inner = {id(state._bit_generator) for kind, state in wanted if kind == "state"}
    for kind, thing in wanted:
        where = owners.get(id(thing), "")
        if kind == "random":
            findings.add(
                "random.Random%s: every instance continues the same stream" % where,
                "call its seed() in after_restore(), or use the functions of the module random",
            )
        elif kind == "state":
            take_state(findings, thing, where)
        elif kind == "bits":
            if id(thing) not in inner:
                take_bits(findings, thing, where)
        elif kind == "loop":
            if not thing.is_closed():
                findings.add("an open asyncio event loop%s: its sockets cannot be cloned" % where, _REOPEN)
        elif not closed(thing):
            findings.add(kind + where + ": every instance would use the same session", _REOPEN)


def kind_of(cls):
    """What an object of this class is to a template: "" if nothing."""
    for base in cls.__mro__:
        name = (getattr(base, "__module__", None), base.__name__)
        if name in _DATABASES:
            return _DATABASES[name]
        kind = _KINDS.get(name)
        if kind is not None:
            return kind
    return ""


_KINDS = {
    ("random", "SystemRandom"): "",
    ("random", "Random"): "random",
    ("tempfile", "_RandomNameSequence"): "names",
    ("numpy.random.mtrand", "RandomState"): "state",
    ("numpy.random.bit_generator", "BitGenerator"): "bits",
    ("asyncio.base_events", "BaseEventLoop"): "loop",
}


def owners_of(wanted):
    """Where objects are held: ` in module.name` by id, for those that are values of a module's names."""
    owners = {}
    for module_name, module in list(sys.modules.items()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if id(value) in wanted:
                owners.setdefault(id(value), " in %s.%s" % (module_name, name))
            bits = getattr(value, "bit_generator", None) if type(value).__name__ == "Generator" else None
            if bits is not None and id(bits) in wanted:
                owners.setdefault(id(bits), " in %s.%s" % (module_name, name))
    return owners


def closed(connection):
    """Whether a connection is of no use any more, as far as it tells."""
    try:
        if getattr(connection, "closed", False):
            return True
        connection.total_changes if hasattr(type(connection), "total_changes") else None
        return False
    except Exception:
        return True


def take_state(findings, state, where):
    """numpy's global RandomState is reseeded, as random is; others only if nobody chose their seed."""
    if state is sys.modules["numpy.random.mtrand"]._rand or unseeded(state._bit_generator):
        findings.random_states.append(state)
    else:
        seeded(findings, "numpy.random.RandomState", where)


def take_bits(findings, bits, where):
    if unseeded(bits):
        findings.bit_generators.append(bits)
    else:
        seeded(findings, "numpy.random." + type(bits).__name__, where)


def seeded(findings, name, where):
    findings.add(
        "%s%s, made with a seed: every instance continues the same stream" % (name, where),
        "make it anew in after_restore() if instances are to differ",
    )


def unseeded(bits):
    """Whether a bit generator took its seed from the operating system: 128 bits, where people write small numbers."""
    seeds = getattr(bits, "seed_seq", None) or getattr(bits, "_seed_seq", None)
    entropy = getattr(seeds, "entropy", None)
    return isinstance(entropy, int) and entropy >= 1 << 64


def inspect_descriptors(findings):
    """Connections, and files whose content a clone will not find in its own sandbox."""
    channels = range(3, 3 + int(instar.SETTINGS.get("channels", "1")))
    for name in posix.listdir("/proc/self/fd"):
        fd = int(name)
        if fd <= 2 or fd in channels:
            continue
        try:
            kind = posix.fstat(fd).st_mode & _TYPE_MASK
            target = posix.readlink("/proc/self/fd/" + name)
        except OSError:
            continue
        if kind == _SOCKET:
            inspect_socket(findings, fd)
        elif kind == _REGULAR and not target.startswith(("/memfd:", "/dev/")):
            writable = access_mode(fd) != posix.O_RDONLY
            if writable or target.endswith(" (deleted)") or target.startswith(("/tmp/", "/var/tmp/", "/dev/shm/")):
                findings.add(
                    "descriptor %d is the open file %s: an instance has none of what was written before" % (fd, target),
                    _REOPEN,
                )


def access_mode(fd):
    """How a descriptor was opened: O_RDONLY, O_WRONLY or O_RDWR."""
    info = posix.open("/proc/self/fdinfo/%d" % fd, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        for line in posix.read(info, 4096).splitlines():
            if line.startswith(b"flags:"):
                return int(line[6:], 8) & _ACCESS_MASK
    finally:
        posix.close(info)
    return posix.O_RDWR


def inspect_socket(findings, fd):
    import _socket

    probe = _socket.socket(fileno=posix.dup(fd))
    try:
        if probe.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN):
            findings.add("descriptor %d listens on %s" % (fd, address(probe.getsockname())), _REOPEN)
            return
        peer = address(probe.getpeername())
        findings.add("descriptor %d is connected to %s: a connection cannot be cloned" % (fd, peer), _REOPEN)
    except OSError:
        # Not connected: nothing to lose.
        pass
    finally:
        probe.close()


def address(name):
    if isinstance(name, tuple) and len(name) >= 2:
        return "%s port %s" % (name[0], name[1])
    return str(name) if name else "another socket of this machine"


def inspect_children(findings):
    try:
        posix.waitid(posix.P_ALL, 0, posix.WEXITED | posix.WNOHANG | posix.WNOWAIT)
    except ChildProcessError:
        return
    pids = []
    for thread in posix.listdir("/proc/self/task"):
        try:
            fd = posix.open("/proc/self/task/%s/children" % thread, posix.O_RDONLY | posix.O_CLOEXEC)
        except OSError:
            continue
        pids += posix.read(fd, 4096).decode().split()
        posix.close(fd)
    findings.add(
        "child process%s: children are not cloned" % (" " + ", ".join(pids) if pids else ""),
        "end and await it in before_checkpoint(), start it again in after_restore()",
    )


def inspect_threads(findings):
    threading = sys.modules.get("threading")
    for thread in threading.enumerate() if threading is not None else ():
        if thread is not threading.main_thread() and type(thread) is not threading._DummyThread:
            findings.add(
                "thread %s goes on in every instance from where it is, and may run before after_restore()" % thread.name,
                "end it in before_checkpoint() if it must not",
            )
