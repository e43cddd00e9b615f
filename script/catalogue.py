"""What of the sources is to be translated: the message template, taken out of a copy of the sources and nothing else."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from script import steps

LANGUAGE = "zh_Hans"
CATALOGUE = steps.ROOT / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
NO_SOURCES = {
    "node_modules",
    "var",
    "static",
    "staticfiles",
    "locale",
    "tests",
    "migrations",
    "bench",
    "script",
    "docs",
}
SUFFIXES = (".py", ".html", ".txt")


def sources() -> list[Path]:
    """The files whose words a reader may see, relative to the root."""
    found = []
    for folder, folders, files in os.walk(steps.ROOT):
        folders[:] = sorted(name for name in folders if name not in NO_SOURCES and not name.startswith("."))
        where = Path(folder)
        if where != steps.ROOT:
            found += [(where / name).relative_to(steps.ROOT) for name in sorted(files) if name.endswith(SUFFIXES)]
    return found


def extract(target: Path) -> None:
    """Write the message template of the present sources. Raises CalledProcessError when a source cannot be read."""
    with tempfile.TemporaryDirectory(prefix="guarantee-messages-") as name:
        copy = Path(name)
        for source in sources():
            (copy / source).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(steps.ROOT / source, copy / source)
        (copy / "locale").mkdir()
        # Without settings makemessages takes every source below the present folder and writes to its locale folder.
        environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        options = ["--locale", LANGUAGE, "--keep-pot", "--no-location", "--no-wrap", "--verbosity", "0"]
        command = [str(steps.PYTHON), "-m", "django", "makemessages", *options]
        subprocess.run(command, cwd=copy, env=environment, check=True)
        shutil.copyfile(copy / "locale" / "django.pot", target)


def update() -> None:
    """Bring the catalogue in line with the sources: new messages come in empty, gone ones go, nothing is guessed."""
    with tempfile.TemporaryDirectory(prefix="guarantee-messages-") as name:
        template = Path(name) / "django.pot"
        extract(template)
        merge = ["msgmerge", "--quiet", "--update", "--backup=none", "--no-fuzzy-matching", "--no-wrap"]
        steps.run(*merge, CATALOGUE, template)
        steps.run("msgattrib", "--no-obsolete", "--no-wrap", "-o", CATALOGUE, CATALOGUE)
