"""The runtime hooks of AWS Lambda SnapStart for Python, for functions that do not bring Amazon's package along.

What is registered here runs before a process is captured as a template, last registered first, and in every instance that
wakes up from it, first registered first. Both functions work as decorators too.
"""

_before_snapshot = []
_after_restore = []


def register_before_snapshot(func, *args, **kwargs):
    """Has `func(*args, **kwargs)` called before the process is captured."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Has `func(*args, **kwargs)` called in every instance before its first call."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    """The registered calls as (function, arguments, keyword arguments), in the order of their registration."""
    return _before_snapshot


def get_after_restore():
    """The registered calls as (function, arguments, keyword arguments), in the order of their registration."""
    return _after_restore
