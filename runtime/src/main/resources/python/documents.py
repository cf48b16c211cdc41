"""JSON through the interpreter's C accelerator alone.

`import json` takes as long as the rest of a cold start, because its Python half loads re, enum and functools to report
errors. The accelerator gives the same values and texts; on an error, or where it is missing, json itself takes over.
"""

try:
    import _json

    class _Context:
        strict = True
        object_hook = None
        object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__
        memo = {}

    def _default(value):
        raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)

    _scan = _json.make_scanner(_Context)
    _SPACE = " \t\n\r"

    def _encode(value):
        return _json.make_encoder(
            {}, _default, _json.encode_basestring_ascii, None, ": ", ", ", False, False, True
        )(value, 0)

    if _scan(" [1.5]", 1) != ([1.5], 6) or "".join(_encode({"a": [True]})) != '{"a": [true]}':
        raise ImportError("the JSON accelerator has changed")
except (ImportError, AttributeError, TypeError):
    _scan = None


def loads(text):
    """The value of a JSON text; ValueError if it is none."""
    if _scan is not None:
        stripped = text.strip(_SPACE)
        try:
            value, end = _scan(stripped, 0)
            if end == len(stripped):
                return value
        except StopIteration:
            pass
    import json

    return json.loads(text)


def dumps(value):
    """The JSON text of a value, as json.dumps gives it."""
    if _scan is not None:
        return "".join(_encode(value))
    import json

    return json.dumps(value)
