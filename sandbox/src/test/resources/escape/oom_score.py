"""Makes others the first to die when memory runs out."""
from attack import attempt, overwrite, say

for score in ("-1", "-17", "-1000"):
    attempt(f"score {score}", lambda: overwrite("/proc/self/oom_score_adj", score))
attempt("the old file", lambda: overwrite("/proc/self/oom_adj", "-17"))
say(f"score: {open('/proc/self/oom_score_adj').read().strip()}")
