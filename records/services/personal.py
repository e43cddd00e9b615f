"""Personal values in entries: sealed under a key of the person's own, so that destroying the key leaves the chain whole.

Which values are personal stands in records/data/personal.json: telephone, e-mail, and names of people who have no account. The name
of an account that acted stays readable: that is what the history is for. A value belongs to the account that the entry is about
(the person itself, or whoever the subject's `person` names, such as a ticket's reporter), else to the record that names somebody
without an account.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.db import connection, models, transaction

from core import clock, subjects, vault
from core.forgetting import GONE as GONE
from records.models import PersonKey

PLACE = "〔个人信息〕"
"""What is stored in the place of a sealed value."""
KEYS_AT_ONCE = 500
ACCOUNT = "user"
"""The kind of a person who has an account; its id is the account's."""
Person = tuple[str, int]
NOBODY: Person = ("", 0)


@cache
def _rules() -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
    rules = json.loads((Path(__file__).resolve().parents[1] / "data" / "personal.json").read_text(encoding="utf-8"))
    return frozenset(rules["keys"]), {kind: frozenset(keys) for kind, keys in rules["keys_of"].items()}


def personal_keys(subject_type: str) -> frozenset[str]:
    """The keys of before and after whose values are personal in entries about such a subject."""
    always, of = _rules()
    return always | of.get(subject_type, frozenset())


def person_of(subject: models.Model | None, subject_type: str, subject_id: int) -> Person:
    """Whose the personal values of an entry are."""
    if subject is not None:
        try:
            spec = subjects.get(subject_type)
        except KeyError:
            spec = None
        account = spec.person(subject) if spec is not None and spec.person is not None else None
        if account is not None:
            return ACCOUNT, int(account)
    return subject_type, subject_id


def taken_out(subject_type: str, columns: dict[str, Any]) -> list[list[Any]]:
    """Take the personal values out of `before`, `after` (already plain JSON) and leave places; returns [path, value] of each."""
    keys = personal_keys(subject_type)
    found: list[list[Any]] = []
    for name in ("before", "after"):
        _take(columns[name], [name], keys, found)
    return found


def _take(value: Any, path: list[Any], keys: frozenset[str], found: list[list[Any]]) -> None:
    items: Iterable[tuple[Any, Any]]
    if type(value) is dict:
        items = value.items()
    elif type(value) is list:
        items = enumerate(value)
    else:
        return
    for key, item in items:
        if type(item) is str:
            if item and (key in keys):
                found.append([[*path, key], item])
                value[key] = PLACE
        elif type(item) is list and key in keys and all(type(one) is str for one in item):
            found.append([[*path, key], item])
            value[key] = PLACE
        elif item.__class__ in (dict, list):
            _take(item, [*path, key], keys, found)


def sealed(person: Person, values: list[list[Any]], *, is_new: bool = False) -> tuple[int, str]:
    """The id of the person's key, made when there is none, and the values sealed with it. Needs a transaction.

    `is_new` says that the person's record was made in this transaction: its key is made without looking for one first.
    """
    pk, key = _key_of(person, is_new=is_new)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return pk, _box(key).encrypt(text.encode()).decode()


def keys_ready(people: Iterable[Person]) -> None:
    """Find or make the keys of many people at once, so that `sealed` asks for none of them any more in this transaction.

    A single one is left to `sealed`, which needs fewer statements for it.
    """
    known: dict[Any, tuple[int, str]] = transaction.get_connection().scratch
    by_kind: dict[str, list[int]] = {}
    for kind, pk in dict.fromkeys(people):
        if ("person_key", (kind, pk)) not in known:
            by_kind.setdefault(kind, []).append(pk)
    if sum(map(len, by_kind.values())) < 2:
        return
    for kind, ids in by_kind.items():
        for start in range(0, len(ids), KEYS_AT_ONCE):
            part = ids[start : start + KEYS_AT_ONCE]
            found = _stored_keys(kind, part)
            missing = [pk for pk in part if pk not in found]
            if missing:
                made_at = clock.now()
                new = [PersonKey(kind=kind, subject_id=pk, sealed_key=_fresh_key(), made_at=made_at) for pk in missing]
                # Of several that make the same person's key at once one wins; the others take what it made.
                PersonKey.objects.bulk_create(new, ignore_conflicts=True)
                found |= _stored_keys(kind, missing)
            known.update({("person_key", (kind, pk)): key for pk, key in found.items()})


def _stored_keys(kind: str, ids: list[int]) -> dict[int, tuple[int, str]]:
    rows = PersonKey.objects.filter(kind=kind, subject_id__in=ids, destroyed_at=None)
    return {subject: (pk, key) for subject, pk, key in rows.values_list("subject_id", "pk", "sealed_key")}


def values_of(person: PersonKey | None, token: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an entry with its personal values in their places; with GONE there when their key is gone."""
    if person is None or not person.sealed_key:
        return {name: _marked(value) for name, value in columns.items()}
    try:
        values = json.loads(_box(person.sealed_key).decrypt(token.encode()))
    except (InvalidToken, vault.CannotOpen):
        # Another key's, or FIELD_KEY was lost: what cannot be opened must not take the page away.
        return {name: _marked(value) for name, value in columns.items()}
    opened = dict(columns)
    for path, value in values:
        holder: Any = opened
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value
    return opened


def _marked(value: Any) -> Any:
    if value == PLACE:
        return GONE
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return value


def _key_of(person: Person, *, is_new: bool) -> tuple[int, str]:
    # Remembered for as long as the transaction lasts: a long one asks once for each person.
    known: dict[Any, tuple[int, str]] = transaction.get_connection().scratch
    place = ("person_key", person)
    if place not in known:
        known[place] = (None if is_new else _stored_key(person)) or _new_key(person)
    return known[place]


def _stored_key(person: Person) -> tuple[int, str] | None:
    rows = PersonKey.objects.filter(kind=person[0], subject_id=person[1], destroyed_at=None)
    return rows.values_list("pk", "sealed_key").first()


def _fresh_key() -> str:
    return vault.seal(Fernet.generate_key().decode())


def _new_key(person: Person) -> tuple[int, str]:
    sealed_key = _fresh_key()
    made_at = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        # Of several that make the same person's key at once one wins; the others take what it made.
        cursor.execute(
            "INSERT INTO records_personkey (kind, subject_id, sealed_key, made_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING RETURNING id",
            [*person, sealed_key, made_at],
        )
        made = cursor.fetchone()
    if made is not None:
        return int(made[0]), sealed_key
    stored = _stored_key(person)
    if stored is None:
        raise LookupError(f"the key of {person[0]}:{person[1]} was destroyed while it was made")
    return stored


@lru_cache(maxsize=512)
def _box(sealed_key: str) -> Fernet:
    return Fernet(vault.unseal(sealed_key))
