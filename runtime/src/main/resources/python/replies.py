"""From what handlers return to the head and body of a REPLY."""

from instar import HandlerError, load

TEXT = b"200\0content-type\0text/plain; charset=utf-8\0"
JSON = b"200\0content-type\0application/json\0"
BINARY = b"200\0content-type\0application/octet-stream\0"
EMPTY = b"200\0"


def json_bytes(value):
    """A value as JSON."""
    return load("documents").dumps(value).encode()


def plain(value):
    """Head and body for a bare value; the type of the value decides the type of the content."""
    kind = type(value)
    if kind is str:
        return TEXT, value.encode("utf-8", "surrogateescape")
    if kind is bytes:
        return BINARY, value
    if value is None:
        return EMPTY, b""
    if isinstance(value, (bytearray, memoryview)):
        return BINARY, bytes(value)
    if isinstance(value, str):
        return TEXT, str(value).encode("utf-8", "surrogateescape")
    if hasattr(value, "__next__"):
        return BINARY, value
    if hasattr(value, "read"):
        return BINARY, iter(lambda: value.read(65536), value.read(0))
    return JSON, json_bytes(value)


def shaped(status, headers, value):
    """Head and body for a value that came with a status and headers."""
    default, body = plain(value)
    pairs = list(headers.items()) if hasattr(headers, "items") else list(headers or ())
    if not pairs and status == 200:
        return default, body
    names = {str(name).lower() for name, _ in pairs}
    parts = [status_text(status)]
    if "content-type" not in names and default is not EMPTY:
        parts += default[4:-1].decode().split("\0")
    for name, content in pairs:
        for one in content if isinstance(content, (list, tuple)) else (content,):
            parts.append(str(name))
            parts.append(one.decode("latin-1") if isinstance(one, bytes) else str(one))
    return joined(parts), body


def status_text(status):
    """Three digits for a status given as number or text."""
    try:
        number = int(status)
    except (TypeError, ValueError):
        number = 0
    if not 200 <= number <= 599:
        raise HandlerError("the handler replied with status %r, which is not 200 to 599" % (status,))
    return str(number)


SEPARATORS = dict.fromkeys(map(ord, '()<>@,;:\\"/[]?={} '))


def joined(parts):
    """A head of strings, refusing what could not stand in a header or would pass for a header of its own."""
    for name in parts[1::2]:
        if not name.isascii() or not name.isprintable() or not name or name.translate(SEPARATORS) != name:
            raise HandlerError("the handler replied with %r as the name of a header" % name)
    for value in parts[2::2]:
        if not value.isprintable() and any((c < " " and c != "\t") or c == "\x7f" for c in value):
            raise HandlerError("the handler replied with a control character in a header: %r" % value)
    return "\0".join(parts).encode() + b"\0"
