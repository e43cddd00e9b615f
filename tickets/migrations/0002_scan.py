import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0006_session"),
        ("tickets", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="reporter_unit",
            field=models.CharField(blank=True, max_length=40, verbose_name="Unit as written"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="unconfirmed",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="channel",
            field=models.CharField(
                choices=[
                    ("web", "Web page"),
                    ("phone", "Telephone"),
                    ("walk_in", "In person"),
                    ("chat", "Chat group"),
                    ("grid", "Grid work-order system"),
                    ("inspection", "Inspection"),
                    ("scan", "Label, without an account"),
                ],
                max_length=12,
                verbose_name="Channel",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="parties.unit",
                verbose_name="Unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("recorded_by__isnull", False), ("channel", "scan"), _connector="OR"),
                name="ticket_has_recorder",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit__isnull", False), ("unconfirmed", True), _connector="OR"),
                name="ticket_has_unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("unconfirmed", False), models.Q(("channel", "scan"), ("device__isnull", False)), _connector="OR"
                ),
                name="ticket_unconfirmed_by_scan",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("unconfirmed", False),
                    models.Q(("status__in", ("to_sign", "signed", "closed_unsigned")), _negated=True),
                    _connector="OR",
                ),
                name="ticket_signed_by_known",
            ),
        ),
    ]
