"""Where the services live and which user runs them.

PostgreSQL refuses to run as root, so root starts both services as `nobody`, in a folder and with programs that this
user can reach: what is out of reach is copied, and where YILIAN_HOME cannot be entered a folder outside is taken.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

OUTSIDE = Path("/var/lib/yilian")
SETUP_REMEDY = "Run `make setup`, or set DATABASE_URL and REDIS_URL to services of your own."


class ServicesUnavailable(Exception):
    """The embedded services cannot run; the message says why and what to do."""


def home() -> Path:
    root = Path(__file__).resolve().parent.parent.parent
    return Path(os.environ.get("YILIAN_HOME") or root / ".yilian").absolute()


def make_home() -> Path:
    """Only its owner may look in; root lets the service user pass through."""
    home().mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    return home()


def services_folder() -> Path:
    """The folder of both services, owned by the user who runs them."""
    folder = home() / "services"
    if folder.exists():
        return folder.resolve()
    folder.unlink(missing_ok=True)  # a link whose target is gone
    if run("/bin/sh", "-c", 'cd "$1"', "sh", str(home())).returncode == 0:
        new = Path(tempfile.mkdtemp(prefix="services-", dir=home()))
        hand_over(new)
        new.rename(folder)
    else:
        OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="services-", dir=OUTSIDE))
        hand_over(new)
        folder.symlink_to(new)
    return folder.resolve()


def program_in(package_name: str, program_name: str) -> str:
    """The program in an installed package, or in a copy of it where the service user cannot run the installed one."""
    spec = importlib.util.find_spec(package_name)
    if spec is None or not spec.submodule_search_locations:
        raise ServicesUnavailable(f"The Python package {package_name} is not installed. {SETUP_REMEDY}")
    package = Path(spec.submodule_search_locations[0])
    if runs(installed := str(package / program_name)):
        return installed
    copy = services_folder() / f"{package_name}-{version(package_name)}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=services_folder()))
        for part in (package, package.with_name(f"{package_name}.libs")):  # libraries are found by their relative place
            if part.exists():
                shutil.copytree(part, unfinished / part.name, ignore=shutil.ignore_patterns("falkordb.so"))
        hand_over(unfinished, *unfinished.rglob("*"))
        unfinished.rename(copy)
    program = copy / package_name / program_name
    program.chmod(0o755)
    if not runs(str(program)):
        raise ServicesUnavailable(failure(f"{program} does not run here", run(str(program), "--version").stdout))
    return str(program)


def as_service_user() -> dict[str, Any]:
    """Arguments for `subprocess` that give up root; the environment is fresh: PGDATA and the like would count."""
    common: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if os.geteuid() != 0:
        return common
    folder = home() / "services"
    owner = folder.stat() if folder.exists() else None
    if owner and owner.st_uid != 0:
        return common | {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = f"PostgreSQL does not run as root and there is no user `nobody`: be another user. {SETUP_REMEDY}"
        raise ServicesUnavailable(message) from None
    return common | {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def hand_over(*paths: Path) -> None:
    """Give the paths to the user who runs the services."""
    if user := as_service_user().get("user"):
        for path in paths:
            os.chown(path, user, as_service_user()["group"], follow_symlinks=False)


def runs(program: str) -> bool:
    return run(program, "--version").returncode == 0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        output: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.run(arguments, text=True, **output, **as_service_user())
    except OSError as error:
        return subprocess.CompletedProcess(arguments, returncode=126, stdout=str(error))


def private_file(path: Path, mode: str = "w") -> IO[Any]:
    """Open a file that nobody else may read."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def failure(what: str, log: Path | str) -> str:
    if isinstance(log, Path):
        log = log.read_text(errors="replace")
    last_lines = "\n".join(f"  {line}" for line in log.splitlines()[-8:])
    return (
        f"{what}. The last lines it wrote:\n{last_lines}\n"
        f"The data stays in {home() / 'services' / 'data'}: correct what these lines name and start again, or restore a dump "
        'as docs/operations.md says under "Embedded services". To go on without this data for now, set YILIAN_HOME to '
        f"another folder. {SETUP_REMEDY}"
    )
