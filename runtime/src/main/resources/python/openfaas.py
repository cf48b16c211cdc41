"""OpenFaaS handlers: `handle(event, context)` of python3-http and the classic `handle(req)`."""

import posix

from instar import load

_replies = load("replies")
_REPLY_KEYS = frozenset(("statusCode", "body", "headers"))


class Headers(dict):
    """Header fields under the names they came with; looked up without regard to case, as HTTP wants."""

    __slots__ = ()

    def __init__(self, pairs):
        for name, value in zip(pairs[::2], pairs[1::2]):
            present = self._key(name)
            if present is None:
                dict.__setitem__(self, name, value)
            else:
                dict.__setitem__(self, present, dict.__getitem__(self, present) + ", " + value)

    def _key(self, name):
        if dict.__contains__(self, name):
            return name
        lower = str(name).lower()
        for key in self:
            if key.lower() == lower:
                return key
        return None

    def __missing__(self, name):
        key = self._key(name)
        if key is None:
            raise KeyError(name)
        return dict.__getitem__(self, key)

    def __contains__(self, name):
        return self._key(name) is not None

    def get(self, name, default=None):
        key = self._key(name)
        return default if key is None else dict.__getitem__(self, key)


class Query(dict):
    """Decoded query parameters: the first value of each, all of them through getlist()."""

    __slots__ = ("_all",)

    def __init__(self, query):
        self._all = {}
        for name, value in query_pairs(query):
            self._all.setdefault(name, []).append(value)
            self.setdefault(name, value)

    def getlist(self, name):
        return list(self._all.get(name, ()))


def query_pairs(query):
    """Decoded names and values of a query string."""
    pairs = []
    for field in query.split("&"):
        if field:
            name, _, value = field.partition("=")
            pairs.append((unquote(name), unquote(value)))
    return pairs


def unquote(text):
    """Undoes the encoding of a query string; what is no proper escape stays as it is."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    first, *rest = text.encode().split(b"%")
    parts = [first]
    for part in rest:
        try:
            parts.append(bytes.fromhex(part[:2].decode()) if len(part) >= 2 else b"%" + part)
            parts.append(part[2:] if len(part) >= 2 else b"")
        except ValueError:
            parts.append(b"%" + part)
    return b"".join(parts).decode("utf-8", "replace")


class Event:
    """The request, in the words of python3-http."""

    __slots__ = ("body", "method", "path", "call_id", "remote_address", "_head", "_headers", "_query")

    def __init__(self, head, body):
        self.body = body
        self.call_id, self.method, self.path = head[0], head[1], head[2]
        self.remote_address = head[4]
        self._head = head
        self._headers = None
        self._query = None

    @property
    def headers(self):
        if self._headers is None:
            self._headers = Headers(self._head[7:])
        return self._headers

    @property
    def query(self):
        if self._query is None:
            self._query = Query(self._head[3])
        return self._query


class Context:
    """What python3-http tells about the place a handler runs in, and whose call this is."""

    __slots__ = ("hostname", "call_id", "deadline_ms", "function_name", "namespace")

    def __init__(self, head, settings):
        self.hostname = settings["hostname"]
        self.call_id = head[0]
        self.deadline_ms = int(head[5])
        self.function_name = settings.get("function", "")
        self.namespace = settings.get("namespace", "")


def responder(settings, convention, function, count, name):
    """What answers a request with this handler."""
    if convention == "openfaas-classic":

        def respond(head, body):
            return _replies.plain(function(body.decode("utf-8", "surrogateescape")))

        return respond
    settings["hostname"] = posix.environ.get(b"HOSTNAME", b"localhost").decode("utf-8", "surrogateescape")

    def respond(head, body):
        event = Event(head, body)
        result = function(event, Context(head, settings)) if count >= 2 else function(event)
        kind = type(result)
        if kind is dict:
            if not _REPLY_KEYS.isdisjoint(result):
                return _replies.shaped(result.get("statusCode", 200), result.get("headers"), result.get("body"))
        elif kind is tuple:
            return from_tuple(result)
        return _replies.plain(result)

    return respond


def from_tuple(result):
    """Flask's shapes: (body, status), (body, headers), (body, status, headers)."""
    body, status, headers = result[0] if result else None, 200, None
    for part in result[1:3]:
        if isinstance(part, (int, str)):
            status = part
        else:
            headers = part
    return _replies.shaped(status, headers, body)
