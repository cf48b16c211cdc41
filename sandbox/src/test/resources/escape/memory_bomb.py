"""Takes memory until something gives."""
from attack import say

say("taking")
hoard = []
while True:
    hoard.append(bytearray(1 << 20))
