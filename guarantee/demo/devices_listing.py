"""The demo's list of devices: what they are found by, the engineers' views, a file whose dry run waits for an answer."""

from datetime import datetime, timedelta

from core.roles import ENGINEER, MANAGER
from core.sheets import Table
from devices.models import Device
from devices.services.common import local_day, people_of
from devices.services.imports import import_start
from devices.services.listing import search_refresh, view_save
from parties.models import Contract

HEADER = ["设备编号", "名称", "类别", "地点", "品牌", "序列号", "安装日期", "备注"]
VIEWS = (("故障和维修中", "status=faulty&status=under_repair"), ("九十天内到保", "warranty=soon"))


def list_devices(contract: Contract, *, until: datetime) -> None:
    """Index the hall's devices, keep two views for the people of the contract, and leave an import half way."""
    devices = Device.objects.filter(hall=contract.hall)
    search_refresh(devices)
    for person in people_of(contract, until, ENGINEER, MANAGER):
        for name, query in VIEWS:
            view_save(user=person, hall=contract.hall, name=name, query=query)
    changed, second = devices.select_related("category", "place").order_by("code")[:2]
    installed = local_day(until - timedelta(days=20)).isoformat()
    rows = [
        [
            changed.code,
            changed.name,
            changed.category.name,
            changed.place.name,
            "示范品牌",
            "SF20240001",
            installed,
            "年度清点补录",
        ],
        [second.code, second.name, second.category.name, second.place.name, "示范品牌", "SF20240002", installed, ""],
        ["", "一楼新增查询机", second.category.name, second.place.name, "示范品牌", "SF20240003", installed, ""],
        ["", "二楼新增查询机", second.category.name, "二楼东侧新区", "示范品牌", "SF20240004", "去年", ""],
    ]
    people = people_of(contract, until, MANAGER)
    import_start(
        contract=contract,
        table=Table(HEADER, rows, "设备", list(range(2, len(rows) + 2))),
        file_name="新增设备清单.xlsx",
        actor=people[0],
        at=until - timedelta(hours=2),
    )
