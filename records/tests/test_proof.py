"""The seal of a signature finds every change, and a printed code says so to anybody, but says nothing else."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clock, seal
from records.models import GuessCount, Signature
from records.services.proof import ALTERED, UNKNOWN_KEY, VALID, CannotSeal, sealed_bytes, signature_state
from records.services.verify import MAX_UNKNOWN, clean_code, masked_name, shown_code
from records.tests.make import AT, give

NOT_SEALED = {"id", "canonical_sha256", "canonical_text", "seal", "seal_key_id"}
"""Columns that are no part of the sealed line under their own name; the test changes the last four too."""


def another(value: Any) -> Any:
    """A value of the same kind that is not the same."""
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, bytes):
        return value + b"\x00"
    if isinstance(value, bool) or value is None:
        return 7
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*value, [[1, 2, 3]]]
    if isinstance(value, dict):
        return {**value, "photos": ["00"]}
    return value + timedelta(microseconds=1)


def test_every_change_of_any_column_is_found(world, sheet):
    signature = Signature.objects.get(pk=give(sheet).pk)
    assert signature_state(signature) == VALID, "as the database holds it"
    for field in Signature._meta.concrete_fields:
        if field.name in {"id", "paper", "paper_date"}:
            continue
        row = Signature.objects.get(pk=signature.pk)
        value = getattr(row, field.attname)
        value = bytes(value) if isinstance(value, memoryview) else value
        setattr(row, field.attname, another(value))
        state = UNKNOWN_KEY if field.name == "seal_key_id" else ALTERED
        assert signature_state(row) == state, field.name
    signature.paper_date = date(2026, 1, 1)
    assert signature_state(signature) == ALTERED
    signature.paper_date = None
    signature.seal = ""
    assert signature_state(signature) == ALTERED, "no row was ever stored without a seal"


def test_sealed_line_names_its_format_and_every_column(world, sheet):
    line = sealed_bytes(Signature.objects.get(pk=give(sheet).pk)).decode()
    assert '"format":"guarantee-signature/1"' in line and '"signer_name":"窗口人员01"' in line
    names = {field.name for field in Signature._meta.concrete_fields} - NOT_SEALED
    by_hash = {"image_png": "image_sha256", "strokes": "strokes_sha256"}
    assert [name for name in names if f'"{by_hash.get(name, name)}":' not in line] == []


def test_a_signature_outlives_a_change_of_the_key(world, sheet, settings, tmp_path):
    settings.SEAL_KEY_FILE = tmp_path / "seal_key"
    signature = Signature.objects.get(pk=give(sheet).pk)
    seal.new_key()
    assert signature_state(signature) == VALID
    (tmp_path / "seal_key.pub").unlink()
    assert signature_state(signature) == UNKNOWN_KEY


def test_without_the_key_nothing_is_signed(world, sheet, settings, tmp_path: Path):
    settings.SEAL_KEY_FILE = tmp_path / "seal_key"
    seal.sign(b"once")
    settings.SEAL_KEY_FILE.unlink()
    with pytest.raises(CannotSeal):
        give(sheet)
    assert not Signature.objects.exists()
    sheet.refresh_from_db()
    assert sheet.title == "1", "nor did the record move on"


@pytest.mark.parametrize("language, said", [("zh-hans", "签名有效"), ("en", "The signature is valid")])
def test_the_public_page_says_valid_and_nothing_else(world, sheet, language, said):
    signature = give(sheet)
    client = Client()
    client.cookies["language"] = language
    response = client.get(reverse("records:verify", args=[shown_code(signature.verify_code).lower()]))
    page = response.content.decode()
    assert response.status_code == 200 and 'data-state="valid"' in page
    assert response.headers["X-Robots-Tag"].startswith("noindex") and "session" not in response.cookies
    assert f"SHEET-{sheet.pk}" in page and "2026-03-18" in page and "窗**" in page
    for secret in (signature.signer_name, signature.signer_unit, signature.canonical_sha256, "签字单", signature.seal):
        assert secret not in page
    # The catalogue may not be compiled where tests run; what it says is then in English.
    assert said in page or "The signature is valid" in page


def test_the_public_page_finds_what_was_altered(world, sheet, monkeypatch):
    signature = give(sheet)
    monkeypatch.setattr("records.services.proof.sealed_bytes", lambda _row: b"something else")
    page = Client().get(reverse("records:verify", args=[signature.verify_code])).content.decode()
    assert 'data-state="altered"' in page


def test_codes_cannot_be_tried_at_leisure(world, sheet):
    code = give(sheet).verify_code
    client = Client()
    for number in range(MAX_UNKNOWN):
        assert client.get(reverse("records:verify", args=[f"{number:016d}"])).status_code == 404
    assert client.get(reverse("records:verify", args=["0" * 16])).status_code == 429
    assert client.get(reverse("records:verify", args=[code])).status_code == 429, "nor is a right one told apart"
    assert GuessCount.objects.get(key="verify:127.0.0.1").count == MAX_UNKNOWN
    assert client.get("/v/%00/").status_code == 400


def test_codes_are_random_and_read_as_they_are_copied():
    from records.models.signature import new_verify_code

    codes = {new_verify_code() for _ in range(2000)}
    assert len(codes) == 2000 and all(len(code) == 16 for code in codes)
    assert clean_code(" 7k3o-i9l2 ") == "7K301912"
    assert (masked_name("李"), masked_name("李四"), masked_name("Ann Miller")) == ("李*", "李*", "A**")


def test_when_it_was_signed_is_the_day_in_shanghai(world, sheet):
    late = AT.replace(hour=17)
    signature = give(sheet, at=late)
    page = Client().get(reverse("records:verify", args=[signature.verify_code])).content.decode()
    assert f"{late.astimezone(clock.SHANGHAI):%Y-%m-%d}" in page and "2026-03-19" in page
