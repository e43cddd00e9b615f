"""Places, plans and looks at devices for tests, made by the services as the product makes them."""

from datetime import UTC, datetime
from typing import Any

from devices.models import Place, SpotCheck
from devices.services.places import place_create, place_plan_set
from devices.services.spot_checks import spot_check
from records.services.attachments import check_image
from records.tests.make import picture, upload
from tests.make import World

MONDAY = datetime(2024, 3, 18, 1, 10, tzinfo=UTC)
"""Monday 2024-03-18 09:10 in Shanghai, in service hours."""


def place(world: World, code: str, parent: Place | None = None, **changes: Any) -> Place:
    given: dict[str, Any] = {
        "contract": world.contract,
        "parent": parent,
        "code": code,
        "name": f"位置{code}",
        "kind": "zone",
        "actor": world.manager,
        "at": MONDAY,
    }
    return place_create(**given | changes)


def planned(world: World, where: Place) -> Place:
    """The place with a drawing."""
    return place_plan_set(
        place=where,
        contract=world.contract,
        picture=check_image(upload(picture())),
        actor=world.manager,
        at=MONDAY,
    )


def look(world: World, **changes: Any) -> SpotCheck:
    given: dict[str, Any] = {
        "device": world.device,
        "contract": world.contract,
        "verdict": "normal",
        "actor": world.engineer,
        "at": MONDAY,
    }
    return spot_check(**given | changes)


def places_there(world: World) -> None:
    """Something of every kind that can be asked for by number or name."""
    Place.objects.filter(pk=world.place.pk).update(code=f"there-{world.tag.lower()}")
    world.place.refresh_from_db()
    look(world, note=f"{world.tag}划痕")


def places_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of the room with a parameter: that of something of this world, and that of nothing."""
    names = (
        "place", "place_edit", "place_shift", "place_retire", "place_restore", "place_move_devices", "place_list_pdf", "plan",
        "plan_upload", "plan_pin", "plan_undo", "plan_pdf",
    )  # fmt: skip
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"devices:{name}": ({"code": world.place.code}, {"code": "nix-place"}) for name in names
    }
    for name in ("short_code", "spot_check"):
        table[f"devices:{name}"] = ({"code": world.device.code}, {"code": "NIX-001"})
    for name in ("scan_report", "scan_sent"):
        table[name] = ({"short_code": world.device.short_code}, {"short_code": "NIX1"})
    return table
