"""Which process a number means: numbers are given out again, and a zombie keeps its number though it has ended."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KERNEL_THREAD = 0x00200000  # among the flags of /proc/PID/stat
HAS_PROC = Path("/proc/self").exists()  # not on macOS


@dataclass(frozen=True)
class Process:
    """A running process; number, start and command line together mean one process only.

    The command line is empty for a moment when it starts and when it ends: it then still holds its port.
    """

    pid: int
    started: str
    command: str

    def runs(self) -> bool:
        found = identify(self.pid)
        return bool(found and found.started == self.started and found.command in (self.command, ""))

    def end(self, *, seconds: float) -> None:
        """Ask it to end; after the given time end it and its group."""
        for number, group in ((signal.SIGTERM, False), (signal.SIGKILL, True)):
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number) if group else os.kill(self.pid, number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not self.runs():
                    return
                time.sleep(0.05)


def identify(pid: int) -> Process | None:
    """The process that runs under this number; none if it has ended, be it as a zombie."""
    if not HAS_PROC:
        ask = ["ps", "-o", "stat=,lstart=,command=", "-p", str(pid)]
        words = subprocess.run(ask, capture_output=True, text=True).stdout.split(maxsplit=6)
        if len(words) < 7 or words[0].startswith("Z"):
            return None
        return Process(pid, " ".join(words[1:6]), words[6].strip())
    try:
        # The second field, the program's name in brackets, may itself hold brackets and spaces.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        command = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, flags, started = fields[0], int(fields[6]), fields[19]
    return None if state in "ZX" or flags & KERNEL_THREAD else Process(pid, started, command)


def live_process(pid_file: Path, *, of: str) -> int | None:
    """The process that the file names, if its command line has `of`; after a restart a stranger may have the number."""
    pid = number_in(pid_file)
    process = identify(pid) if pid else None
    return pid if process and (not process.command or of in process.command) else None


def number_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def working_in(folder: Path) -> list[Process]:
    """The processes whose working directory is the folder; those of other users cannot be seen, except by root."""
    found = []
    for entry in Path("/proc").glob("[0-9]*") if HAS_PROC else ():
        with suppress(OSError):
            if Path(os.readlink(entry / "cwd")) == folder and (process := identify(int(entry.name))):
                found.append(process)
    return found
