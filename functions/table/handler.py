"""Looks a number's entry up in a table of about 150 MB of Python objects, which is built when the module is loaded.

Body: a number from 0 to 339999, 0 when empty. The reply is the entry and its CRC-32, as JSON.

Numpy and Pillow are imported as a function that computes with the entries would import them; what counts here is how
much there is to initialise.
"""

import zlib

import numpy as np
from PIL import Image

ENTRIES = 340_000
DECODERS = len(Image.registered_extensions())
WEIGHTS = np.arange(16, dtype=np.float32)


def entry(number):
    """What the table holds for a number; a function of the number alone, so that a caller can check a reply."""
    mixed = (number * 2654435761) % (1 << 61)
    return {"name": f"entry-{number:06d}", "mixed": mixed, "ratio": mixed / (1 << 61)}


TABLE = {str(number): entry(number) for number in range(ENTRIES)}


def handle(event, context):
    key = event.body.decode("utf-8", "replace").strip() or "0"
    found = TABLE.get(key)
    if found is None:
        return {"statusCode": 404, "body": f"the table has 0 to {ENTRIES - 1}, not {key[:40]}\n"}
    checksum = zlib.crc32(f"{found['name']} {found['mixed']} {found['ratio']!r}".encode())
    return {"statusCode": 200, "body": {"key": key, "value": found, "checksum": checksum}}
