import json
import os
import random
import secrets
import ssl
import tempfile
import uuid

try:
    import numpy
except ImportError:
    numpy = None

system = random.SystemRandom()
context = ssl.create_default_context()
generator = numpy.random.default_rng() if numpy else None


def client_hello():
    """What a TLS client sends first: its random bytes and the id of its session."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="example.org")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    return [hello[11:43].hex(), hello[44:76].hex()]


def draw():
    drawn = {
        "random": [random.random().hex(), str(random.getrandbits(64))],
        "random, shuffled": [str(random.sample(range(1 << 30), 4)) for _ in range(2)],
        "the system's random": [str(system.getrandbits(64)), str(system.getrandbits(64))],
        "secrets": [secrets.token_hex(16), secrets.token_urlsafe(16)],
        "urandom": [os.urandom(16).hex(), os.urandom(16).hex()],
        "uuid1": [str(uuid.uuid1()), str(uuid.uuid1())],
        "uuid4": [str(uuid.uuid4()), str(uuid.uuid4())],
        "OpenSSL": [ssl.RAND_bytes(16).hex(), ssl.RAND_bytes(16).hex()],
        "temporary names": [next(tempfile._get_candidate_names()) for _ in range(2)],
    }
    for number, value in enumerate(client_hello()):
        drawn["TLS " + str(number)] = [value, client_hello()[number]]
    if numpy:
        drawn["numpy"] = [str(numpy.random.random()), str(numpy.random.standard_normal())]
        drawn["a generator of numpy"] = [str(generator.random()), str(generator.standard_normal())]
    return drawn


draw()


def handle(event, context):
    return {"statusCode": 200, "body": json.dumps(draw())}
