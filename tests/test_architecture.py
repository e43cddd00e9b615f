"""The layers hold for foreign keys too: every one points to its own app or down. Imports are kept by import-linter."""

from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    ("reports",),
    ("inspections", "service_requests"),
    ("tickets",),
    ("devices", "knowledge", "obligations"),
    ("sla",),
    ("roster",),
    ("notifications",),
    ("contract",),
    ("records",),
    ("parties",),
    ("core",),
)
HEIGHT = {app: len(LAYERS) - index for index, layer in enumerate(LAYERS) for app in layer}
OURS = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}


def test_every_app_of_the_house_has_its_layer() -> None:
    assert OURS - {"guarantee"} <= set(HEIGHT)


def test_foreign_keys_point_down() -> None:
    wrong = []
    seen = 0
    for model in apps.get_models():
        app = model._meta.app_label
        if app not in HEIGHT:
            continue
        for field in model._meta.get_fields():
            if not (field.is_relation and field.concrete) or field.related_model in (Group, Permission, ContentType):
                continue
            assert field.related_model is not None
            target = field.related_model._meta.app_label
            seen += 1
            if target != app and HEIGHT[target] >= HEIGHT[app]:
                wrong.append(f"{model._meta.label}.{field.name} -> {target}")
    assert seen > 40
    assert not wrong


def test_nothing_is_deleted_by_cascade() -> None:
    """Records are evidence: every foreign key of the house protects its target."""
    from django.db.models import PROTECT

    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in HEIGHT
        for field in model._meta.local_fields
        if field.remote_field is not None and field.remote_field.on_delete is not PROTECT
    ]
    assert not wrong


def test_rules_are_pure_python() -> None:
    """What decides knows no Django: rules import neither it nor models."""
    rules = [path for app in HEIGHT for path in (ROOT / app).glob("rules*/**/*.py")] + [
        ROOT / app / "rules.py" for app in HEIGHT if (ROOT / app / "rules.py").exists()
    ]
    assert rules
    for path in rules:
        text = path.read_text(encoding="utf-8")
        assert "import django" not in text and "from django" not in text, path


def test_no_app_uses_signals_or_the_admin() -> None:
    for app in (*HEIGHT, "guarantee"):
        for path in (ROOT / app).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "django.db.models.signals" not in text, path
            assert "django.contrib.admin" not in text, path


def test_only_doors_read_the_clock() -> None:
    """Services and rules take the instant as an argument; only records' `recorded_at` is the server's own."""
    for app in HEIGHT:
        if app in {"core", "records"}:
            continue
        for folder in ("services", "rules", "models"):
            for path in (ROOT / app / folder).rglob("*.py"):
                assert "clock.now()" not in path.read_text(encoding="utf-8"), path
