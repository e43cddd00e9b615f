"""Which columns hold sealed secrets: every app names its own when it is ready, so that one command can seal them all anew."""

from django.db import models, transaction

from core import vault

_columns: dict[tuple[type[models.Model], str], None] = {}
AT_ONCE = 500
"""So many rows are held in memory and written by one statement."""


def register(model: type[models.Model], column: str) -> None:
    """Name a column whose texts were made by `core.vault.seal`; called in AppConfig.ready()."""
    _columns[model, column] = None


@transaction.atomic
def reseal_all() -> int:
    """Seal every stored secret anew with the first key; returns how many. Raises vault.CannotOpen when one opens with no given key:
    then nothing is changed."""
    return sum(_reseal(model, column) for model, column in _columns)


def _reseal(model: type[models.Model], column: str) -> int:
    keys = list(model._default_manager.exclude(**{column: ""}).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        rows = list(model._default_manager.filter(pk__in=keys[start : start + AT_ONCE]).only("pk", column))
        for row in rows:
            setattr(row, column, vault.seal(vault.unseal(getattr(row, column))))
        model._default_manager.bulk_update(rows, [column])
    return len(keys)
