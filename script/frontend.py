"""Fetch the front-end packages of package-lock.json and copy the few files that the pages load into static/vendor.

Every copied file is checked against its SHA-256 below, so an upgrade is a visible change in git: change package.json,
run `npm install`, then `python script/frontend.py --print` and put the new figures here.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICON_LIST = ROOT / "script" / "icons.txt"
SVG = "http://www.w3.org/2000/svg"

# file in node_modules -> SHA-256; the name in static/vendor is the last part of the path
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "370a2d4e608ae518351d10528fc7dbe19b354ae5062c51b2a9cb294850d65403",
    "@tabler/core/dist/js/tabler.min.js": "9d26ca1aa061a0c647305654e32efc2c8838e348b2423e9d1f4593869868e09b",
    "signature_pad/dist/signature_pad.min.js": "bb87a53b8604a234f207017b314408a73c4d309fec195c992f18d53adf31eb21",
}
SOURCE_MAP = re.compile(r"\n?(//[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=\S+ \*/)\s*$")
OUTLINE = {
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


def sha256(path: Path) -> str:
    """The file's SHA-256 as hexadecimal text."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def npm_command(venv_bin: Path) -> str | None:
    """The npm to use: the machine's, else the one that requirements-node.txt brought; None when there is none."""
    return shutil.which("npm") or shutil.which("npm", path=str(venv_bin))


def icon_symbol(name: str) -> str:
    """One Tabler icon as a <symbol>; `<name>-filled` is the filled form. FileNotFoundError for an unknown name."""
    filled = name.endswith("-filled")
    folder = NODE_MODULES / "@tabler" / "icons" / "icons" / ("filled" if filled else "outline")
    source = ET.fromstring((folder / f"{name.removesuffix('-filled')}.svg").read_text(encoding="utf-8"))  # noqa: S314 - checked by npm's integrity
    ET.register_namespace("", SVG)
    symbol = ET.Element(f"{{{SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"})
    symbol.attrib.update({"fill": "currentColor"} if filled else OUTLINE)
    symbol.extend(shape for shape in source if shape.get("d") != "M0 0h24v24H0z")
    text = ET.tostring(symbol, encoding="unicode").replace(f' xmlns="{SVG}"', "")
    return re.sub(r">\s+<", "><", text)


def icon_names() -> list[str]:
    """The names in script/icons.txt, sorted, each once."""
    return sorted({line.strip() for line in ICON_LIST.read_text().splitlines() if line.strip()})


def build_sprite() -> str:
    """All listed icons as one SVG document, used as `icons.svg#name`."""
    symbols = "\n".join(icon_symbol(name) for name in icon_names())
    return f'<svg xmlns="{SVG}">\n<!-- Tabler Icons, MIT licence, https://tabler.io/icons -->\n{symbols}\n</svg>\n'


def vendor_names() -> set[str]:
    """The files that static/vendor holds when it is complete."""
    return {Path(name).name for name in FILES} | {"icons.svg"}


def copy_files() -> None:
    """Copy and check every file of FILES and write the sprite; SystemExit names a file that is not the expected one."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, expected in FILES.items():
        source = NODE_MODULES / name
        found = sha256(source) if source.is_file() else "absent"
        if found != expected:
            raise SystemExit(f"{name}: expected SHA-256 {expected}, found {found}")
        # Without its source map, which is three times as large and which hashed names would ask for.
        text = SOURCE_MAP.sub("", source.read_text(encoding="utf-8"))
        (VENDOR / source.name).write_text(text, encoding="utf-8")
    (VENDOR / "icons.svg").write_text(build_sprite(), encoding="utf-8")
    for path in VENDOR.iterdir():
        if path.name not in vendor_names():
            path.unlink()


def fetch(npm: str) -> None:
    """Install node_modules exactly as locked, running nobody's install scripts."""
    # npm finds its own node beside itself, also when it came as a Python wheel that is not on PATH.
    environment_path = f"{Path(npm).parent}:/usr/local/bin:/usr/bin:/bin"
    subprocess.run(
        ["/usr/bin/env", f"PATH={environment_path}", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def main() -> None:
    """Fetch, copy and check; `--print` only prints the SHA-256 of what is installed now."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the SHA-256 of the installed files, change nothing")
    if parser.parse_args().print:
        for name in FILES:
            print(f'    "{name}": "{sha256(NODE_MODULES / name)}",')
        return
    npm = npm_command(ROOT / ".venv" / "bin")
    if npm is None:
        sys.exit("npm is missing: script/setup brings it")
    fetch(npm)
    copy_files()


if __name__ == "__main__":
    main()
