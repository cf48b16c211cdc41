"""Signals all it can reach: that is its own processes and nothing else."""
from attack import say
import os
import signal
import time

victims = []
for _ in range(3):
    victim = os.fork()
    if victim == 0:
        time.sleep(60)
        os._exit(0)
    victims.append(victim)
os.kill(-1, signal.SIGKILL)
ends = {os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1]) for victim in victims}
say(f"its own children ended with: {sorted(ends)}")
again = os.fork()
if again == 0:
    os._exit(7)
say(f"the sandbox goes on: {os.waitstatus_to_exitcode(os.waitpid(again, 0)[1]) == 7}")
try:
    os.kill(-1, 0)
except ProcessLookupError:
    say("others to signal: none")
except PermissionError:
    say("others to signal: only such as it may not")
