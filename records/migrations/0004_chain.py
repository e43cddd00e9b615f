"""The hash chain: links and heads, keys of persons, triggers that refuse every change; entries written before get their links too."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from records.append_only import triggers_drop, triggers_put
from records.chain import COLUMNS, START, chain_of, entry_form, link_hash

AT_ONCE = 2000


def put(apps, schema_editor):
    triggers_put(schema_editor)


def drop(apps, schema_editor):
    triggers_drop(schema_editor)


def link_existing(apps, schema_editor):
    """Link what was written before the chain, in the order of the ids; nothing of it can be proved but from now on."""
    heads = {}
    last = 0
    selected = ", ".join(f'"{name}"' for name in COLUMNS)
    link_model = apps.get_model("records", "AuditLink")
    while True:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {selected} FROM records_auditentry WHERE id > %s ORDER BY id LIMIT {AT_ONCE}",  # noqa: S608
                [last],
            )
            rows = cursor.fetchall()
        if not rows:
            break
        links = []
        for row in rows:
            chain = chain_of(row[1])
            seq, previous = heads.get(chain, (0, START))
            digest = link_hash(previous, entry_form(chain, seq + 1, row))
            links.append(
                link_model(entry_id=row[0], chain=chain, seq=seq + 1, previous_hash=previous, entry_hash=digest)
            )
            heads[chain] = (seq + 1, digest)
        link_model.objects.bulk_create(links)
        last = rows[-1][0]
    head_model = apps.get_model("records", "ChainHead")
    head_model.objects.bulk_create(head_model(chain=chain, seq=seq, hash=digest) for chain, (seq, digest) in heads.items())


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0006_session"),
        ("records", "0003_sealed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="auditentry", name="audit_seq_once"),
        migrations.RemoveField(model_name="auditentry", name="seq"),
        migrations.RemoveField(model_name="auditentry", name="previous_hash"),
        migrations.RemoveField(model_name="auditentry", name="entry_hash"),
        migrations.CreateModel(
            name="PersonKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=30)),
                ("subject_id", models.BigIntegerField()),
                ("sealed_key", models.TextField(blank=True)),
                ("made_at", models.DateTimeField()),
                ("destroyed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "destroyed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("destroyed_at", None)),
                        fields=("kind", "subject_id"),
                        name="person_key_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("destroyed_at", None), ("sealed_key", ""), _connector="XOR"),
                        name="person_key_or_destroyed",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="auditentry",
            name="person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.personkey",
            ),
        ),
        migrations.AddField(model_name="auditentry", name="personal", field=models.TextField(blank=True, default="")),
        migrations.AlterField(model_name="auditentry", name="personal", field=models.TextField(blank=True)),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="chained",
                        serialize=False,
                        to="records.auditentry",
                    ),
                ),
                ("chain", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("previous_hash", models.CharField(max_length=64)),
                ("entry_hash", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("chain", "seq"), name="audit_link_once")],
            },
        ),
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                ("chain", models.BigIntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(default=0)),
                ("hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("whole", "Everything whole"),
                            ("broken", "Broken"),
                            ("failed", "Did not finish"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("counts", models.JSONField(default=dict)),
                ("findings", models.JSONField(default=list)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.contract",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=("contract",),
                        name="verification_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="source",
            field=models.CharField(
                choices=[
                    ("page", "Page"),
                    ("link", "One-time link"),
                    ("api", "Interface"),
                    ("task", "Scheduled task"),
                    ("command", "Command"),
                    ("import", "Import"),
                    ("demo", "Demo"),
                    ("paper", "Paper, entered later"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(put, drop),
        migrations.RunPython(link_existing, migrations.RunPython.noop),
    ]
