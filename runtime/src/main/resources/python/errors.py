"""What a REPLY cannot say: errors of handlers, told by type, message and trace."""

import traceback

from instar import HandlerError


def describe(error):
    """Type, message and trace of an error, without the shim's own frames."""
    try:
        message = str(error)
    except Exception:
        message = "(its message could not be made)"
    if isinstance(error, HandlerError):
        return "HandlerError", message, ""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(("/instar/", "<frozen importlib")):
        trace = trace.tb_next
    return type(error).__name__, message, "".join(traceback.format_exception(type(error), error, trace))
