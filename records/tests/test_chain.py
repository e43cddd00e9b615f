# ruff: noqa: S608 - the statements of somebody who tampers
"""The chain: whole after everything that may happen, broken after everything that may not."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.urls import reverse

from core.db import hooks
from parties.models import Contract
from records.chain import COLUMNS, START, SYSTEM_CHAIN, Head, entry_form, link_hash
from records.models import AuditEntry, AuditLink, Break, ChainHead, Verification
from records.present_chain import finding_words
from records.services import anchors
from records.services.audit import audit_write, audit_write_many
from records.services.chain import head_line, head_of, heads_anchor
from records.services.check import Result, chains_check, head_check, records_check
from records.services.verification import verifications_run
from records.tasks import verify_nightly
from records.tests.make import AT, give, settled, without_triggers
from tests.make import World, make_world


@pytest.fixture(autouse=True)
def own_anchors(settings, tmp_path):
    settings.ANCHOR_DIR = tmp_path / "anchors"
    settings.MEDIA_ROOT = tmp_path / "media"


def write(contract: Contract | None, verb: str = "act", **entry: Any) -> AuditEntry:
    given: dict[str, Any] = {
        "subject_type": "unit",
        "subject_id": 1,
        "actor": None,
        "at": AT,
        "after": {"grund": "一", "n": [1, 2.5]},
    }
    return audit_write(contract=contract, verb=verb, **(given | entry))


@pytest.fixture
def chained(world: World) -> World:
    """A world whose own entries have their links."""
    settled()
    return world


def newest(contract: Contract) -> Head:
    """The head of a contract's chain."""
    head = head_of(contract.pk)
    assert head is not None
    return head


def found() -> list[str]:
    result = Result()
    chains_check(result)
    return [finding.what for finding in result.findings]


def test_columns_of_an_entry_are_all_hashed():
    assert {field.column for field in AuditEntry._meta.concrete_fields} == set(COLUMNS)
    form = entry_form(3, 7, [9, 3, "unit", 1, *["x"] * 5, AT, AT, '{"b": 1, "a": "二"}', "{}", *["y"] * 6])
    assert form.startswith('["guarantee.entry.1",3,7,9,3,"unit",1,')
    assert '"2026-03-18T01:30:00.000000+00:00",{"a":"二","b":1},{},' in form
    assert link_hash(START, form) != link_hash("1" * 64, form)


def test_entries_of_a_transaction_are_linked_in_their_order_and_anchored(chained):
    world, begun = chained, newest(chained.contract)
    for number in range(3):
        write(world.contract, f"a{number}")
    write(None, "login")
    settled()
    write(world.contract, "b")
    settled()
    links = AuditLink.objects.filter(chain=world.contract.pk, seq__gt=begun.seq).order_by("seq").select_related("entry")
    assert [(link.seq - begun.seq, link.entry.verb) for link in links] == [(1, "a0"), (2, "a1"), (3, "a2"), (4, "b")]
    assert [link.previous_hash for link in links] == [begun.hash, *(link.entry_hash for link in links)][:-1]
    assert newest(world.contract).hash == list(links)[-1].entry_hash
    last = anchors.last_of(world.contract.pk)
    assert last is not None
    assert last[0] == newest(world.contract)
    assert len(anchors.path_of(world.contract.pk).read_text().splitlines()) == 3
    assert found() == []


def test_one_entry_costs_two_or_three_statements_at_the_commit(chained, django_assert_num_queries):
    write(chained.contract)
    # PostgreSQL reads heads and entries at once.
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 3):
        settled()


def test_savepoint_that_is_rolled_back_leaves_no_link_and_no_gap(chained):
    world, begun = chained, newest(chained.contract).seq
    write(world.contract, "kept")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(world.contract, "lost")
        with transaction.atomic():
            write(world.contract, "lost too")
        _ = 1 / 0
    write(world.contract, "kept as well")
    settled()
    linked = AuditLink.objects.filter(chain=world.contract.pk, seq__gt=begun).order_by("seq")
    assert list(linked.values_list("seq", "entry__verb")) == [(begun + 1, "kept"), (begun + 2, "kept as well")]
    assert found() == []


ATTEMPTS: dict[str, Callable[[], Any]] = {
    "orm update": lambda: AuditEntry.objects.update(reason="x"),
    "orm save": lambda: AuditEntry.objects.get(pk=AuditEntry.objects.values_list("pk", flat=True)[0]).save(),
    "orm delete": lambda: AuditLink.objects.all().delete(),
    "link update": lambda: AuditLink.objects.update(seq=9),
    "raw update": lambda: _sql("UPDATE records_auditentry SET verb = 'x'"),
    "raw delete": lambda: _sql("DELETE FROM records_auditentry"),
    "raw link": lambda: _sql("UPDATE records_auditlink SET entry_hash = 'x'"),
    "signature": lambda: _sql("UPDATE records_signature SET signer_name = 'x'"),
    "signature gone": lambda: _sql("DELETE FROM records_signature"),
    "foreign key": lambda: _sql("UPDATE records_auditentry SET actor_id = NULL, person_id = NULL"),
}
if connection.vendor == "postgresql":
    ATTEMPTS["truncate"] = lambda: _sql("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE records_auditentry CASCADE")
    ATTEMPTS["upsert"] = lambda: _sql(
        "INSERT INTO records_auditlink SELECT * FROM records_auditlink ON CONFLICT (entry_id) DO UPDATE SET seq = 99"
    )
else:
    ATTEMPTS["replace"] = lambda: _sql("REPLACE INTO records_auditlink SELECT * FROM records_auditlink")
    ATTEMPTS["replace entry"] = lambda: _sql("REPLACE INTO records_auditentry SELECT * FROM records_auditentry")


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_database_refuses_every_change(world, sheet):
    give(sheet)
    settled()
    for name, attempt in ATTEMPTS.items():
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
            pytest.fail(name)
    assert found() == []


# Tampering ------------------------------------------------------------------------------------------------------------


class Tamperer:
    """Somebody with every right in the database, who knows the code, but has neither the anchors nor the key."""

    def __init__(self, chain: int, rng: random.Random) -> None:
        self.chain, self.rng = chain, rng
        self.links = list(
            AuditLink.objects.filter(chain=chain).order_by("seq").values_list("entry_id", "seq", "entry_hash")
        )

    def any_entry(self) -> int:
        """An entry of the chain."""
        return int(self.rng.choice(self.links)[0])

    def edit(self) -> None:
        """Change one column of one entry."""
        column, value = self.rng.choice(
            [
                ("verb", "'other'"),
                ("subject_id", "subject_id + 1"),
                ("actor_label", "'somebody'"),
                ("visibility", "visibility || '.'"),
                ("reason", "'because'"),
                ("ip", "'10.0.0.1'"),
                ("batch", "'b'"),
                ("personal", "'x'"),
                ("contract_id", "NULL"),
                ("after", """'{"grund": "一", "n": [1, 2.51]}'"""),
                ("before", """'{"n": null}'"""),
                ("at", f"'{(AT + timedelta(seconds=self.rng.randint(1, 99999))).isoformat(sep=' ')}'"),
            ]
        )
        _sql(f'UPDATE records_auditentry SET "{column}" = {value} WHERE id = {self.any_entry()}')

    def delete_entry(self) -> None:
        """Take one entry away, with its link or without."""
        pk = self.any_entry()
        if self.rng.random() < 0.5:
            _sql(f"DELETE FROM records_auditlink WHERE entry_id = {pk}")
        _sql(f"DELETE FROM records_auditentry WHERE id = {pk}")

    def delete_link(self) -> None:
        """Take one link away and leave its entry."""
        _sql(f"DELETE FROM records_auditlink WHERE entry_id = {self.any_entry()}")

    def reorder(self) -> None:
        """Exchange the places of two entries, with their hashes or without."""
        (one, first, hash_1), (other, second, hash_2) = self.rng.sample(self.links, 2)
        _sql(f"UPDATE records_auditlink SET seq = -1 WHERE entry_id = {one}")
        _sql(f"UPDATE records_auditlink SET seq = {first} WHERE entry_id = {other}")
        _sql(f"UPDATE records_auditlink SET seq = {second} WHERE entry_id = {one}")
        if self.rng.random() < 0.5:
            _sql(f"UPDATE records_auditlink SET entry_hash = '{hash_2}' WHERE entry_id = {one}")
            _sql(f"UPDATE records_auditlink SET entry_hash = '{hash_1}' WHERE entry_id = {other}")

    def cut(self) -> None:
        """Cut off the newest entries and put the head where the rest ends."""
        keep = self.rng.randrange(len(self.links))
        gone = [str(link[0]) for link in self.links[keep:]]
        _sql(f"DELETE FROM records_auditlink WHERE entry_id IN ({', '.join(gone)})")
        _sql(f"DELETE FROM records_auditentry WHERE id IN ({', '.join(gone)})")
        if keep:
            _entry, seq, digest = self.links[keep - 1]
            _sql(f"UPDATE records_chainhead SET seq = {seq}, hash = '{digest}' WHERE chain = {self.chain}")
        else:
            _sql(f"DELETE FROM records_chainhead WHERE chain = {self.chain}")

    def rewrite(self) -> None:
        """Change an entry and compute the whole rest of the chain anew, head and all."""
        self.edit_reason()
        previous = START
        for pk, seq, _digest in self.links:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {', '.join(f'{name!s}' for name in QUOTED)} FROM records_auditentry WHERE id = {pk}"
                )
                digest = link_hash(previous, entry_form(self.chain, seq, cursor.fetchone()))
            _sql(
                f"UPDATE records_auditlink SET previous_hash = '{previous}', entry_hash = '{digest}' WHERE entry_id = {pk}"
            )
            previous = digest
        _sql(f"UPDATE records_chainhead SET hash = '{previous}' WHERE chain = {self.chain}")

    def edit_reason(self) -> None:
        """Change an entry in a way that leaves it in its chain."""
        _sql(f"UPDATE records_auditentry SET reason = 'rewritten' WHERE id = {self.any_entry()}")

    def head(self) -> None:
        """Put the head back, so that the next entry would take a place again."""
        _entry, seq, digest = self.links[-2]
        _sql(f"UPDATE records_chainhead SET seq = {seq}, hash = '{digest}' WHERE chain = {self.chain}")


QUOTED = [f'"{name}"' for name in COLUMNS]
WAYS = ("edit", "edit", "delete_entry", "delete_link", "reorder", "cut", "cut", "rewrite", "head")


def test_a_thousand_ways_of_tampering_are_all_found(chained):
    world = chained
    for number in range(6):
        write(world.contract, f"v{number}", before={"n": number})
        settled()
    assert found() == []
    rng = random.Random(20260318)
    tamperer = Tamperer(world.contract.pk, rng)
    missed = []
    with without_triggers():
        for round_number in range(1000):
            way = WAYS[round_number % len(WAYS)]
            mark = transaction.savepoint()
            getattr(tamperer, way)()
            if not found():
                missed.append((round_number, way))
            transaction.savepoint_rollback(mark)
    assert missed == []
    assert found() == []


def test_first_broken_entry_is_named_and_the_command_fails(world, capsys):
    rows = [write(world.contract, f"v{number}") for number in range(5)]
    settled()
    call_command("verify_records")
    assert "everything is whole" in capsys.readouterr().out
    with without_triggers():
        _sql(f"UPDATE records_auditentry SET verb = 'other' WHERE id IN ({rows[2].pk}, {rows[4].pk})")
    with pytest.raises(CommandError, match="1 findings"):
        call_command("verify_records", contract=world.contract.code)
    assert f"#{rows[2].pk} unit:1" in capsys.readouterr().out


def test_missing_trigger_forged_anchor_and_missing_file_of_anchors_are_found(world):
    write(world.contract)
    settled()
    path, seq = anchors.path_of(world.contract.pk), newest(world.contract).seq
    line = path.read_text()
    path.write_text(line.replace(f" {seq} ", f" {seq + 1} ", 1))
    assert found() == ["anchor_seal", "no_anchor"]
    path.unlink()
    assert found() == ["no_anchor"]
    assert heads_anchor() == 1
    assert found() == []
    with path.open("a") as file:
        file.write("3 torn by a cra")
    assert found() == []
    write(world.contract)
    settled()
    assert found() == []
    last = anchors.last_of(world.contract.pk)
    assert last is not None
    assert last[0].seq == seq + 1
    name = (
        "records_auditentry_append_only_row"
        if connection.vendor == "postgresql"
        else "records_auditentry_append_only_delete"
    )
    mark = transaction.savepoint()
    _sql(f"DROP TRIGGER {name}" + (" ON records_auditentry" if connection.vendor == "postgresql" else ""))
    assert [finding.what for finding in records_check().findings] == ["no_trigger"]
    transaction.savepoint_rollback(mark)


def test_head_in_the_foot_of_a_report_proves_the_chain_up_to_there(world):
    write(world.contract)
    settled()
    line, seq = head_line(world.contract), newest(world.contract).seq
    write(world.contract, "later")
    settled()
    assert head_check(line) is None
    with without_triggers():
        _sql(f"UPDATE records_auditlink SET entry_hash = previous_hash WHERE seq = {seq}")
    broken = head_check(line)
    assert broken is not None
    assert broken.what == "anchor"
    with pytest.raises(anchors.BadAnchor):
        head_check(line.replace(f" {seq} ", f" {seq + 1} ", 1))


def test_supervisor_asks_for_a_check_on_the_page_and_finds_its_result_there(chained, client):
    client.force_login(chained.supervisor)
    page = reverse("records:chain")
    assert newest(chained.contract).hash in client.get(page).content.decode()
    for _ in range(2):
        assert client.post(reverse("records:chain_verify")).status_code == 302
    assert Verification.objects.get().state == "waiting"
    settled()
    assert verifications_run(at=AT) == 1
    assert verifications_run(at=AT) == 0
    run = Verification.objects.get()
    assert (run.state, run.counts["chains"], run.findings) == ("whole", 2, [])
    with without_triggers():
        _sql(f"UPDATE records_auditlink SET previous_hash = 'x' WHERE chain = {chained.contract.pk} AND seq = 2")
    client.post(reverse("records:chain_verify"))
    settled()
    verifications_run(at=AT)
    assert str(finding_words(Verification.objects.all()[0].findings[0])) in client.get(page).content.decode()
    client.force_login(chained.engineer)
    assert client.get(page).status_code == 403


def told() -> list[tuple[str, str]]:
    """Who was told of which place, in the order of the messages."""
    delivery: Any = apps.get_model("notifications", "Delivery")
    rows = delivery.objects.filter(message__topic="records").select_related("recipient", "message")
    for row in rows:
        assert "docs/operations.md" in row.message.body % row.message.params
    return [(row.recipient.username, row.message.params["place"]) for row in rows.order_by("message_id", "pk")]


def test_break_found_at_night_is_told_once_to_managers_and_administrators_of_that_contract(chained, client):
    other = make_world("b")
    settled()
    verify_nightly()
    assert told() == []
    with without_triggers():
        _sql(f"UPDATE records_auditlink SET previous_hash = 'x' WHERE chain = {chained.contract.pk} AND seq = 2")
    for _night in range(2):
        verify_nightly()
    names = [name for name, _place in told()]
    assert sorted(names) == sorted([chained.manager.username, chained.admin.username])
    assert told()[0][1].startswith(f"contract-{chained.contract.pk} / 2 · #")
    with without_triggers():
        _sql(f"UPDATE records_auditlink SET previous_hash = 'x' WHERE chain = {SYSTEM_CHAIN} AND seq = 1")
    verify_nightly()
    later = [name for name, _place in told()[2:]]
    everybody = [world.people[role].username for world in (chained, other) for role in ("manager", "admin")]
    assert sorted(later) == sorted(everybody), "the system's chain concerns all"
    # Another contract's people do not read the first one's findings on their page.
    client.force_login(other.supervisor)
    page = client.get(reverse("records:chain")).content.decode()
    shown = [str(finding_words(row)) for row in Verification.objects.all()[0].findings]
    assert [text in page for text in shown] == [True, False]


def test_break_that_was_mended_is_told_again_when_it_comes_back(chained):
    link = AuditLink.objects.get(chain=chained.contract.pk, seq=2)
    for previous in ("x", link.previous_hash, "x"):
        with without_triggers():
            _sql(f"UPDATE records_auditlink SET previous_hash = '{previous}' WHERE chain = {link.chain} AND seq = 2")
        verify_nightly()
    assert len(told()) == 2 * 2
    assert list(Break.objects.order_by("pk").values_list("ended_at", flat=True))[1:] == [None]


# Real commits ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def committed(transactional_db: None) -> Iterator[World]:
    yield make_world()


def test_eight_writers_of_two_contracts_leave_two_whole_chains(committed):
    other = make_world("b").contract
    before = {contract.pk: newest(contract).seq for contract in (committed.contract, other)}
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                first, second = (committed.contract, other) if number % 2 else (other, committed.contract)
                with transaction.atomic():
                    write(first, f"w{number}.{turn}")
                    audit_write_many(
                        {
                            "contract": one,
                            "subject_type": "unit",
                            "subject_id": number,
                            "verb": "m",
                            "actor": None,
                            "at": AT,
                        }
                        for one in (second, first, second)
                    )
                if turn == 2:
                    with pytest.raises(ZeroDivisionError), transaction.atomic():
                        write(first, "lost")
                        _ = 1 / 0
        except BaseException as error:  # noqa: BLE001 - told by the test below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    added = sum(ChainHead.objects.get(chain=chain).seq - seq for chain, seq in before.items())
    assert added == 8 * 5 * 4
    assert not AuditEntry.objects.filter(verb="lost").exists()
    assert found() == []


def test_entries_that_cannot_be_linked_are_not_committed(committed, monkeypatch):
    seq = newest(committed.contract).seq

    def fail(*_given: Any) -> None:
        raise RuntimeError("no room")

    with monkeypatch.context() as patched:
        patched.setitem(hooks._callbacks, "audit_chain", fail)
        with pytest.raises(hooks.CannotCommit):
            write(committed.contract, "lost")
    assert not AuditEntry.objects.filter(verb="lost").exists()
    write(committed.contract, "kept")
    assert newest(committed.contract).seq == seq + 1
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditLink.objects.create(entry_id=10**9, chain=committed.contract.pk, seq=99)
    assert found() == []
