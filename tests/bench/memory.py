"""`python -m tests.bench.memory COMMAND …` runs a command and prints its peak resident memory in MB.

A process of its own: what Linux reports for a child is never less than the memory of the process that started it.
"""

import resource
import subprocess
import sys

status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(round(peak / (2**20 if sys.platform == "darwin" else 2**10)))
sys.exit(status)
