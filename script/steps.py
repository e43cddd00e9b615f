"""The steps of script/setup. Each looks first whether its work is done, so that a second run takes seconds.

Standard library only: this runs before anything is installed.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"

RUNTIME_PACKAGES = (
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-noto-cjk",
    "libmagic1",
    "gettext",
)
TEST_PACKAGES = ("chromium", "poppler-utils", "qpdf", "postgresql", "redis-server")


class SetupError(Exception):
    """Setup cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """One line of progress on standard output, at once."""
    print(text, flush=True)


def var_dir() -> Path:
    """The folder of this installation's own data (VAR_DIR, else var/)."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


def load_env() -> None:
    """Take the lines of .env into the environment, as the settings do; what is already set wins."""
    path = ROOT / ".env"
    for line in path.read_text().splitlines() if path.is_file() else []:
        name, separator, value = line.strip().partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def fingerprint(paths: Iterable[Path]) -> str:
    """A SHA-256 over names and contents of the given files."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(*command: str | Path, **options: object) -> None:
    """Run a command in the project's folder; raises SetupError when it fails."""
    try:
        subprocess.run([str(part) for part in command], cwd=ROOT, check=True, **options)  # type: ignore[call-overload]
    except FileNotFoundError as error:
        raise SetupError(f"{command[0]} is missing") from error
    except subprocess.CalledProcessError as error:
        shown = " ".join(str(part) for part in command)
        raise SetupError(f"failed ({error.returncode}): {shown}") from error


def manage(*arguments: str) -> None:
    """Run a management command with the project's own Python."""
    run(PYTHON, "manage.py", *arguments)


@contextmanager
def unless_stamped(stamp: Path, value: str, what: str) -> Iterator[bool]:
    """Yield True when the work behind `stamp` is not yet done for `value`; remember it once the block has passed."""
    if stamp.is_file() and stamp.read_text() == value:
        yield False
        return
    started = time.monotonic()
    say(f"· {what} …")
    yield True
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)
    say(f"  done in {time.monotonic() - started:.1f} s")


# --- Debian packages -------------------------------------------------------------------------------------------------


def missing_packages(wanted: Iterable[str]) -> list[str]:
    """Those of the Debian packages that are not installed; empty on a system without dpkg."""
    if not shutil.which("dpkg-query"):
        return []
    missing = []
    for name in wanted:
        answer = subprocess.run(
            ["dpkg-query", "-W", "-f", "${db:Status-Status}", name], capture_output=True, text=True, check=False
        )
        if answer.stdout != "installed":
            missing.append(name)
    return missing


def may_install() -> list[str] | None:
    """The prefix with which packages may be installed here without asking ([] for root), or None."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def apt_install(names: list[str]) -> bool:
    """Install Debian packages; False when this user may not or the system has no apt-get."""
    prefix = may_install()
    if prefix is None or not shutil.which("apt-get"):
        return False
    say(f"· installing Debian packages: {' '.join(names)} …")
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    run(*prefix, *quiet, "update", stdout=subprocess.DEVNULL)
    run(*prefix, *quiet, "install", "-y", "--no-install-recommends", *names, stdout=subprocess.DEVNULL)
    return True


def install_command(names: Iterable[str]) -> str:
    """What somebody with the right to do so has to type."""
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(names)}"


def need_packages(names: Iterable[str]) -> None:
    """Have the Debian packages installed; raises SetupError with the exact command when this user may not."""
    missing = missing_packages(names)
    if missing and not apt_install(missing):
        raise SetupError(
            f"These Debian packages are missing; install them and start again:\n\n    {install_command(missing)}\n"
        )


def system_packages() -> None:
    """What the product needs from the system: text layout and fonts for PDF, file types, catalogues."""
    if not shutil.which("dpkg-query"):
        if not shutil.which("msgfmt"):
            raise SetupError(
                "gettext is missing (msgfmt); Pango, HarfBuzz, libmagic and Noto Sans CJK are needed as well."
            )
        return
    wanted = list(RUNTIME_PACKAGES)
    if not python_can_make_environments() and not shutil.which("uv"):
        wanted.append("python3-venv")
    need_packages(wanted)


def test_packages() -> None:
    """What tests need from the system, installed where this user may; script/test says what it had to do without."""
    missing = missing_packages(TEST_PACKAGES)
    if missing and not apt_install(missing):
        say(f"! for the complete tests install:\n    {install_command(missing)}")


def python_can_make_environments() -> bool:
    """Debian's python3 has venv only with the package python3-venv."""
    return (
        subprocess.run([sys.executable, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode
        == 0
    )


# --- Python ----------------------------------------------------------------------------------------------------------


def python_packages(*, dev: bool) -> None:
    """Make .venv hold exactly what the hashed lock says; once made for tests it stays so."""
    stamp = VENV / ".stamp"
    # An environment that already has what tests need keeps it: `script/server` never takes it away.
    dev = dev or (stamp.is_file() and stamp.read_text().startswith("dev "))
    lock = ROOT / ("requirements-dev.txt" if dev else "requirements.txt")
    bootstrap = ROOT / "requirements-bootstrap.txt"
    value = f"{'dev' if dev else 'run'} {sys.version_info[0]}.{sys.version_info[1]} {fingerprint([lock, bootstrap])}"
    if not PYTHON.exists():
        stamp.unlink(missing_ok=True)
    with unless_stamped(stamp, value, f"Python packages from {lock.name}") as stale:
        if not stale:
            return
        uv = shutil.which("uv")
        if not PYTHON.exists():
            if uv:
                run(uv, "venv", "-q", "--python", sys.executable, VENV)
            else:
                run(sys.executable, "-m", "venv", VENV)
        if not uv:
            uv = str(BIN / "uv")
            if not Path(uv).exists():
                run(
                    PYTHON,
                    "-m",
                    "pip",
                    "install",
                    "-q",
                    "--disable-pip-version-check",
                    "--require-hashes",
                    "-r",
                    bootstrap,
                )
        # UV_PYTHON_DOWNLOADS: the machine's own Python and no other.
        environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "VIRTUAL_ENV": str(VENV)}
        run(uv, "pip", "sync", "-q", "--python", PYTHON, "--require-hashes", lock, bootstrap, env=environment)


# --- files made from the sources -------------------------------------------------------------------------------------


def frontend() -> None:
    """Bring static/vendor up to date with package-lock.json, the checksums and the icon list."""
    from script import frontend as packages

    value = fingerprint([ROOT / "package-lock.json", ROOT / "script" / "frontend.py", packages.ICON_LIST])
    stamp = packages.NODE_MODULES / ".stamp"
    if not all((packages.VENDOR / name).is_file() for name in packages.vendor_names()):
        stamp.unlink(missing_ok=True)
    with unless_stamped(stamp, value, "front-end files") as stale:
        if not stale:
            return
        npm = packages.npm_command(BIN)
        if npm is None:
            uv = shutil.which("uv") or str(BIN / "uv")
            lock = ROOT / "requirements-node.txt"
            run(uv, "pip", "install", "-q", "--python", PYTHON, "--require-hashes", "-r", lock)
            npm = packages.npm_command(BIN)
        if npm is None:
            raise SetupError("npm is missing and could not be brought: install Node.js 20 or newer")
        try:
            packages.fetch(npm)
        except subprocess.CalledProcessError as error:
            raise SetupError("npm could not fetch the front-end packages; is there a connection?") from error
        packages.copy_files()


def private_folder() -> None:
    """var/ for this user only, with a secret key of its own."""
    folder = var_dir()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    key = Path(os.environ.get("SECRET_KEY_FILE") or folder / "secret_key")
    if not os.environ.get("SECRET_KEY") and not key.exists():
        # Exclusive and never world-readable, not even for an instant.
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))


def catalogues() -> None:
    """Compile the project's own translations (not those of the packages)."""
    sources = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    compiled_all = all(source.with_suffix(".mo").exists() for source in sources)
    stamp = var_dir() / "stamps" / "catalogues"
    if not compiled_all:
        stamp.unlink(missing_ok=True)
    with unless_stamped(stamp, fingerprint(sources), "translations") as stale:
        if stale:
            for source in sources:
                run("msgfmt", "--check-format", "-o", source.with_suffix(".mo"), source)


def static_files() -> None:
    """Collect, hash and compress what the web server hands out."""
    sources = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    lock = ROOT / "requirements.txt"
    value = fingerprint([*sources, lock])
    stamp = var_dir() / "stamps" / "static"
    if not (var_dir() / "staticfiles" / "staticfiles.json").exists():
        stamp.unlink(missing_ok=True)
    with unless_stamped(stamp, value, "static files") as stale:
        if stale:
            # The API answers JSON only: the pages that Django REST framework would draw have no use for their files.
            manage("collectstatic", "--noinput", "--clear", "--verbosity", "0", "--ignore", "rest_framework")


def database() -> None:
    """Migrate, then load what the product needs to run and, where it may, the demo hall."""
    # Both in one process: loading the product twice would cost a second start more than all the rest.
    code = (
        "import django; django.setup(); from django.core.management import call_command; "
        "call_command('migrate', interactive=False, verbosity=0); call_command('bootstrap')"
    )
    run(PYTHON, "-c", code, env=os.environ | {"DJANGO_SETTINGS_MODULE": "guarantee.settings"})


def all_steps(*, dev: bool, data: bool) -> None:
    """Everything, in order. Raises SetupError; what was done before stays done."""
    if sys.version_info < (3, 11):  # noqa: UP036 - started by whatever python3 the machine has
        raise SetupError(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    os.chdir(ROOT)
    load_env()
    system_packages()
    if dev:
        test_packages()
    python_packages(dev=dev)
    private_folder()
    frontend()
    catalogues()
    static_files()
    if data:
        database()


def guarded(action: Callable[[], None]) -> None:
    """Run an action of a script; a SetupError becomes a clear message and exit status 1."""
    try:
        action()
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
