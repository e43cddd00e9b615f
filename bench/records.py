"""The audit chain: what linking costs at the commit, and how long a check of everything takes.

script/bench records [--entries 1000000] [--only postgresql|sqlite]

A PostgreSQL of its own, where there is one; SQLite always. Entries are made by SQL, linked in batches as commits do, then checked.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from script import servers

BATCH = 10_000
AT = "2026-03-18 01:30:00"
COLUMNS = (
    "subject_type, subject_id, verb, actor_label, source, visibility, at, recorded_at, before, after, reason, batch"
    ", request_id, ip, personal"
)
ROW = (
    "'ticket', n, 'respond', '工程师甲', 'page', 'client', '{at}', '{at}', '{{}}', {after}"
    ", '', '', 'abc123', '10.0.0.9', ''"
)
AFTER = """'{"status": "responded", "analysis": "电源适配器松动，重新插紧后正常", "n": ' || n || '}'"""


def fill(count: int) -> None:
    """Entries of the system's chain, without links."""
    from django.db import connection

    if connection.vendor == "postgresql":
        row, numbers = ROW.format(at=AT + "+00", after=f"({AFTER})::jsonb"), "generate_series(1, %s) AS s(n)"
        begin = ""
    else:
        row, numbers = ROW.format(at=AT, after=AFTER), "s"
        begin = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %s) "
    with connection.cursor() as cursor:
        cursor.execute(f"{begin}INSERT INTO records_auditentry ({COLUMNS}) SELECT {row} FROM {numbers}", [count])  # noqa: S608 - constants


def link() -> None:
    """As commits of BATCH entries do."""
    from django.db import transaction

    from records.models import AuditEntry
    from records.services.chain import entries_link

    took = []
    ids = list(AuditEntry.objects.filter(chained=None).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            began = time.perf_counter()
            after = entries_link(transaction.get_connection(), [(0, pk) for pk in ids[start : start + BATCH]])
            took.append(time.perf_counter() - began)
        if after is not None:
            after()
    took.sort()
    print(
        f"  {len(ids):,} entries linked in batches of {BATCH:,}: {sum(took):.1f} s; a batch {took[len(took) // 2] * 1000:.0f} ms, "
        f"at most {took[-1] * 1000:.0f} ms [load {os.getloadavg()[0]:.1f}]",
        flush=True,
    )


def one() -> None:
    """Commits of one entry, in their transactions."""
    from core import clock
    from records.services.audit import audit_write

    began = time.perf_counter()
    for number in range(500):
        audit_write(contract=None, subject_type="unit", subject_id=number, verb="x", actor=None, at=clock.now())
    print(f"  a commit of one entry: {(time.perf_counter() - began) * 2:.2f} ms", flush=True)


def check() -> None:
    """Everything, as verify_records does."""
    from records.services.check import records_check

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    result = records_check()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    counts = ", ".join(f"{count:,} {name}" for name, count in result.counts.items() if count)
    print(
        f"  checked in {time.perf_counter() - began:.1f} s: {counts}; {result.found} findings; {grown:.0f} MB more memory "
        f"[load {os.getloadavg()[0]:.1f}]",
        flush=True,
    )


def measure(name: str, url: str, entries: int, folder: str) -> None:
    """In a process of its own, since settings are read once."""
    pid = os.fork()
    if pid:
        _pid, status = os.waitpid(pid, 0)
        if status:
            raise SystemExit(f"{name} failed")
        return
    print(name, flush=True)
    key = Path(folder) / "secret_key"
    key.write_text("a-key-for-the-bench-" * 4 + "0123456789")
    os.environ |= {"DATABASE_URL": url, "VAR_DIR": folder, "DJANGO_SETTINGS_MODULE": "guarantee.settings", "DEBUG": "0"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    fill(entries)
    link()
    one()
    check()
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """PostgreSQL first, where it is installed, then SQLite."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    options = parser.parse_args()
    if options.only != "sqlite":
        with servers.own_postgresql(durable=True) as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            if server:
                measure("PostgreSQL", server.url, options.entries, folder)
            else:
                print("PostgreSQL is not installed: not measured")
    if options.only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            measure("SQLite", f"sqlite:///{folder}/records.sqlite3", options.entries, folder)


if __name__ == "__main__":
    main()
