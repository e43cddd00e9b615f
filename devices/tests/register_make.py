"""What the tests of the register share: values of a device, a category with fields, and what the other hall has of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from devices.models import CategoryField, Device, Installation, Part, PlannedStatus, Software
from devices.services.categories import field_add
from devices.services.parts import part_add, software_create, software_install
from devices.services.photos import photos_add
from devices.services.planned import planned_add
from devices.services.register import device_create
from records.models import Attachment
from records.services.attachments import check_image
from records.tests.make import picture, upload

AT = datetime(2024, 3, 18, 1, 0, tzinfo=UTC)
TODAY = date(2024, 3, 18)


def values_of(world: Any, **more: Any) -> dict[str, Any]:
    """The values of a new device of the world's hall."""
    return {"name": f"A06工作台{world.tag}", "category": world.category, "place": world.place, **more}


def enter(world: Any, **more: Any) -> Device:
    """A device put into the register by the engineer."""
    given = {"actor": world.engineer, "at": AT, "source": "page"}
    given |= {name: more.pop(name) for name in list(more) if name in ("actor", "at", "source", "reason", "batch")}
    return device_create(hall=world.contract.hall, contract=world.contract, values=values_of(world, **more), **given)


def own_field(world: Any, label: str, kind: str, **more: Any) -> CategoryField:
    """A field of the world's category, given by the manager."""
    return field_add(
        category=world.category,
        contract=world.contract,
        kind=kind,
        values={"label": label, **more},
        actor=world.manager,
        at=AT,
    )


def fit_out(world: Any) -> tuple[Part, Installation, PlannedStatus]:
    """A part, software and a planned change of the world's device."""
    common: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": AT}
    part = part_add(
        device=world.device,
        values={"name": f"读卡器{world.tag}", "quantity": 1, "installed_on": TODAY - timedelta(days=9)},
        **common,
    )
    software = software_create(hall=world.contract.hall, values={"name": f"叫号系统{world.tag}"}, **common)
    row = software_install(software=software, device=world.device, installed_on=TODAY, **common)
    plan = planned_add(
        device=world.device, target="stopped", on=TODAY + timedelta(days=9), reason=f"改造{world.tag}", **common
    )
    return part, row, plan


def add_photo(world: Any) -> Attachment:
    """A photo of the world's device."""
    return photos_add(
        device=world.device,
        contract=world.contract,
        photos=[check_image(upload(picture()))],
        actor=world.engineer,
        at=AT,
    )[0]


def register_there(world: Any) -> None:
    """What the other hall has in its register."""
    fit_out(world)
    own_field(world, f"内存{world.tag}", "text")


def register_asked(world: Any, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of the register: the parameters of something of this world's, and of nothing at all."""
    code: dict[str, Any] = {"code": world.device.code}
    none: dict[str, Any] = {"code": "NIX-001"}
    part = Part.objects.get(device=world.device)
    row = Installation.objects.get(device=world.device)
    plan = PlannedStatus.objects.get(device=world.device)
    software = Software.objects.get(pk=row.software_id)
    field = CategoryField.objects.get(category=world.category)
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"devices:{name}": (code, none)
        for name in ("detail", "edit", "status", "part_new", "install", "photos", "notice")
    }
    for name, pk in (
        ("planned_cancel", plan.pk),
        ("part", part.pk),
        ("part_remove", part.pk),
        ("uninstall", row.pk),
        ("photo_main", 1),
    ):
        table[f"devices:{name}"] = (code | {"pk": pk}, none | {"pk": nowhere})
    for name, pk in (
        ("category", world.category.pk),
        ("category_edit", world.category.pk),
        ("field_new", world.category.pk),
        ("field", field.pk),
        ("field_turn", field.pk),
        ("software", software.pk),
        ("software_edit", software.pk),
    ):
        table[f"devices:{name}"] = ({"pk": pk}, {"pk": nowhere})
    return table
