"""Fills the file systems it may write to, by size and by number of files."""
from attack import name, say
import os

BLOCK = bytes(1 << 16)


def fill(directory):
    written = 0
    fd = os.open(directory + "/big", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            written += os.write(fd, BLOCK)
    except OSError as e:
        return name(e.errno), written
    finally:
        os.close(fd)
        os.unlink(directory + "/big")


def litter(directory):
    files = 0
    try:
        while files < 2_000_000:
            os.mknod(f"{directory}/{files}")
            files += 1
        return "no limit", files
    except OSError as e:
        return name(e.errno), files
    finally:
        for i in range(files):
            os.unlink(f"{directory}/{i}")


for directory, most_bytes, most_files in (("/tmp", 8 << 20, 4096), ("/dev/shm", 48 << 20, 16384)):
    error, written = fill(directory)
    say(f"{directory} by size: {error}, {'within' if written <= most_bytes else 'beyond'} its size")
    error, files = litter(directory)
    say(f"{directory} by files: {error}, {'within' if files <= most_files else 'beyond'} its number")
