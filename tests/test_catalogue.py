"""Chinese is complete: every message of the sources has a translation that keeps its placeholders."""

import ast
import gettext
import os
import re
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings

from script.catalogue import CATALOGUE, extract

PLACEHOLDER = re.compile(r"%\(\w+\)\w|%[sd]|\{\w*\}")
CJK = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_BOTH = re.compile(r"[\W\d_]*|[A-Z]{1,5}|(%\(\w+\)s|\W)*")
"""What needs no Chinese: signs, figures, abbreviations, placeholders alone."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The messages of the sources as they are now."""
    target = tmp_path_factory.mktemp("messages") / "django.pot"
    extract(target)
    return target


@pytest.fixture(scope="module")
def translations() -> dict[str, list[str]]:
    """msgid → its Chinese forms, as they are compiled; fuzzy and empty entries are not among them."""
    compiled = subprocess.run(["msgfmt", "-o", "-", CATALOGUE], check=True, capture_output=True).stdout
    catalogue = gettext.GNUTranslations(BytesIO(compiled))._catalog  # type: ignore[attr-defined]
    forms: dict[str, list[str]] = {}
    for key, text in catalogue.items():
        forms.setdefault(key[0] if isinstance(key, tuple) else key, []).append(text)
    forms.pop("", None)
    return forms


def compare(definitions: Path, references: Path) -> subprocess.CompletedProcess[str]:
    """msgcmp in plain English: which messages of the references the definitions lack."""
    environment = os.environ | {"LC_ALL": "C.UTF-8", "LANGUAGE": "C"}
    command = ["msgcmp", str(definitions), str(references)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_every_message_of_the_sources_is_translated(template: Path) -> None:
    answer = compare(CATALOGUE, template)
    assert answer.returncode == 0, f"run script/messages and translate what is empty:\n{answer.stderr}"


def test_nothing_stays_in_the_catalogue_that_the_sources_no_longer_say(template: Path) -> None:
    gone = [line for line in compare(template, CATALOGUE).stderr.splitlines() if "used but not defined" in line]
    assert not gone, "run script/messages"
    assert "#~" not in CATALOGUE.read_text(encoding="utf-8")


def test_translations_keep_their_placeholders(translations: dict[str, list[str]]) -> None:
    wrong = [
        (source, text)
        for source, forms in translations.items()
        for text in forms
        if not set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(source))
        or ("%(count)" not in source and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(source)))
    ]
    assert not wrong


def test_translations_are_chinese(translations: dict[str, list[str]]) -> None:
    assert len(translations) > 100
    odd = [
        source
        for source, forms in translations.items()
        for text in forms
        if not CJK.search(text) and not SAME_IN_BOTH.fullmatch(text)
    ]
    assert not odd


def test_chinese_is_the_language_of_the_house() -> None:
    assert settings.LANGUAGE_CODE == "zh-hans"
    assert CATALOGUE.is_relative_to(settings.LOCALE_PATHS[0])


def test_no_source_calls_gettext_by_a_name_that_the_extraction_does_not_know() -> None:
    """Its texts would never reach the catalogue, and the test above would not miss them."""
    root = Path(settings.BASE_DIR)
    strange = [
        f"{path.relative_to(root)}: {name}"
        for app in (*settings.INSTALLED_APPS, "tests")
        if (root / app).is_dir()
        for path in (root / app).rglob("*.py")
        for name in re.findall(r"gettext\w* as (\w+)", path.read_text(encoding="utf-8"))
        if name != "_"
    ]
    assert strange == []


def test_no_text_hides_from_the_extraction_within_an_f_string(translations: dict[str, list[str]]) -> None:
    root = Path(settings.BASE_DIR)
    hidden = [
        f"{path.relative_to(root)}: {call.args[0].value!r}"
        for app in settings.INSTALLED_APPS
        if (root / app).is_dir()
        for path in (root / app).rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("_", "gettext")
        if isinstance(call.args[0], ast.Constant) and call.args[0].value not in translations
    ]
    assert hidden == []
