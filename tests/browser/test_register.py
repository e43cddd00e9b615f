"""The register in a browser: its rooms, a label, a loan, a count, an import, a secret; against the running product."""

import json
import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import CONTRACT, Visit, visitor
from tests.browser.steps import CODE, PATIENCE, choose, draw, look, photo, submit, submit_main
from tests.stack import Stack

pytestmark = pytest.mark.stack

BOTH = pytest.mark.parametrize(
    ("language", "size"), [("zh-hans", "phone"), ("en", "desk")], ids=["zh-phone", "en-desk"]
)
ROOMS = (
    "",
    "new/",
    "software/",
    "categories/",
    "places/",
    "labels/",
    "spot-checks/",
    "network/",
    "network/registrations/",
    "network/extensions/",
    "network/links/",
    "network/topology/",
    "spares/",
    "spares/cover/",
    "loans/",
    "loans/add/",
    "consumables/",
    "consumables/kinds/",
    "consumables/holiday/",
    "consumables/orders/",
    "run-data/",
    "access/",
    "access/doors/",
    "access/left/",
    "checks/",
    "orders/",
    "orders/new/",
    "changes/",
    "import/",
    "due/",
)
TABS = ("", "history/", "as-of/", "configuration/", "loans/", "edit/", "status/", "photos/")

DEVICE = (
    CONTRACT
    + """
import json
from devices.models import Device
device = Device.objects.filter(hall=contract.hall, category__code=%r, status="in_use").order_by("is_key", "code")[%d]
print(json.dumps({"code": device.code, "short": device.short_code, "name": device.name}))
"""
)
RUNNING_COUNT = (
    CONTRACT
    + """
import json
from devices.models import Stocktake
take = Stocktake.objects.filter(contract=contract, status="open").latest("pk")
lines = list(take.lines.filter(counted_at=None).order_by("position", "pk")[:3])
print(json.dumps({"pk": take.pk, "codes": [line.short_code for line in lines], "names": [line.code for line in lines]}))
"""
)


def a_device(stack: Stack, category: str, number: int = 0) -> dict[str, str]:
    """A working device of the demo hall, no key device where there is another."""
    return dict(json.loads(stack.python(DEVICE % (category, number))))


@BOTH
def test_every_room_of_the_register_fits_and_speaks_one_language(
    visit: Visit, hall: Stack, language: str, size: str
) -> None:
    device = a_device(hall, "KS")["code"]
    manager = visitor(visit, "manager", size, language)
    for path in ROOMS:
        answer = manager.goto(f"/devices/{path}")
        assert answer is not None
        assert answer.status == 200, path
        look(manager, f"devices-{path.strip('/').replace('/', '-') or 'list'}")
    for path in TABS:
        answer = manager.goto(f"/devices/{device}/{path}")
        assert answer is not None
        assert answer.status == 200, path
        look(manager, f"device-{path.strip('/') or 'overview'}")


def test_somebody_without_an_account_reports_from_the_label_and_an_engineer_confirms_who_it_was(
    visit: Visit, hall: Stack
) -> None:
    device = a_device(hall, "WS", 3)
    stranger = visit("phone")
    stranger.goto(f"/d/{device['short']}/")
    expect(stranger.locator("h1")).to_contain_text(device["name"])
    # The number of the register is nothing for strangers, and neither is where it may lead.
    assert device["code"] not in stranger.content()
    look(stranger, "label-public")
    stranger.locator("a.btn-primary").click()
    stranger.locator("textarea[name=description]").fill("屏幕一直闪")
    stranger.locator("input[name=reporter_name]").fill("窗口人员07")
    stranger.locator("input[name=reporter_phone]").fill("13800000007")
    stranger.locator("input[type=file]").set_input_files([photo()])
    expect(stranger.locator(".photo-one")).to_have_count(1, timeout=PATIENCE)
    stranger.wait_for_timeout(2_000)  # faster than that, only a program fills it in
    look(stranger, "label-report")
    with stranger.expect_navigation():
        stranger.locator("form button[type=submit].btn-primary").click()
    look(stranger, "label-sent")
    found = CODE.search(stranger.content())
    assert found

    engineer = visitor(visit, "engineer", "phone")
    engineer.goto(f"/tickets/{found[0]}/")
    expect(engineer.locator("main")).to_contain_text("屏幕一直闪")
    engineer.goto(f"/tickets/{found[0]}/confirm-reporter/")
    look(engineer, "confirm-reporter")
    engineer.locator("input[name=reporter_name]").fill("窗口人员08")
    submit(engineer)
    expect(engineer.locator("main")).to_contain_text("窗口人员08")


def test_a_scanned_device_is_looked_at_and_found_abnormal(visit: Visit, hall: Stack) -> None:
    device = a_device(hall, "PR", 1)
    engineer = visitor(visit, "engineer2", "phone")
    engineer.goto(f"/d/{device['short'].lower()}/")
    expect(engineer.locator(".scan-acts a")).to_have_count(5)
    look(engineer, "scan-acts")
    engineer.locator(".scan-acts a").first.click()
    choose(engineer, "verdict", "abnormal")
    look(engineer, "spot-check")
    engineer.locator("textarea[name=note], input[name=note]").first.fill("出纸口有异响")
    submit_main(engineer)
    engineer.goto(f"/devices/{device['code']}/history/")
    expect(engineer.locator("main")).to_contain_text("出纸口有异响")


def test_a_spare_goes_out_for_a_failed_device_and_both_sides_sign(visit: Visit, hall: Stack) -> None:
    device = json.loads(
        hall.python(
            CONTRACT
            + """
import json
from devices.models import Device
spare = Device.objects.filter(hall=contract.hall, status="spare", loans=None).order_by("code").first()
device = Device.objects.filter(hall=contract.hall, category=spare.category, status="in_use").order_by("code").first()
print(json.dumps({"code": device.code, "spare": spare.code}))
"""
        )
    )
    engineer = visitor(visit, "engineer", "desk")
    engineer.goto(f"/devices/{device['code']}/swap/")
    look(engineer, "swap")
    engineer.locator("input[name=spare]").first.check()
    engineer.locator("[name=reason]").fill("主板故障")
    for name in ("accessories", "condition_out"):
        engineer.locator(f"[name={name}]").fill("完好")
    if engineer.locator("[name=borrower_name]").input_value() == "":
        engineer.locator("[name=borrower_name]").fill("窗口人员01")
    if engineer.locator("[name=borrower_unit]").input_value() == "":
        engineer.locator("[name=borrower_unit]").select_option(index=1)
    submit_main(engineer)
    assert engineer.locator("main [role=alert]:visible, main .field-error:visible").all_inner_texts() == []
    engineer.wait_for_url(re.compile(r"/loans/BJ-"))
    look(engineer, "loan")
    expect(engineer.locator(".loan-unsigned")).to_have_count(2)
    engineer.locator("a[href$='/lend/']").click()
    draw(engineer)
    with engineer.expect_navigation():
        engineer.locator("main .act button[type=submit], main form.sign-form > button[type=submit]").first.click()
    expect(engineer.locator(".loan-unsigned")).to_have_count(1)


def test_devices_are_counted_on_the_phone_and_nobody_counts_twice(visit: Visit, hall: Stack) -> None:
    count = json.loads(hall.python(RUNNING_COUNT))
    engineer = visitor(visit, "engineer", "phone")
    engineer.goto(f"/devices/checks/stocktakes/{count['pk']}/count/")
    look(engineer, "count")
    for code, name in zip(count["codes"], count["names"], strict=True):
        engineer.locator("#id_code").fill(code.lower())
        with engineer.expect_navigation():
            engineer.locator("[data-count] button[type=submit]").click()
        expect(engineer.locator(".count-said")).to_contain_text(name)
    colleague = visitor(visit, "engineer2", "phone")
    colleague.goto(f"/devices/checks/stocktakes/{count['pk']}/count/")
    colleague.locator("#id_code").fill(count["codes"][0])
    with colleague.expect_navigation():
        colleague.locator("[data-count] button[type=submit]").click()
    expect(colleague.locator(".count-again")).to_be_visible()
    look(colleague, "count-again")


def table(*rows: str) -> FilePayload:
    """A list as a Chinese spreadsheet saves it."""
    return {"name": "台账.csv", "mimeType": "text/csv", "buffer": "\r\n".join(rows).encode("gb18030")}


def upload(page: Page, file: FilePayload) -> None:
    """Have a list checked."""
    page.goto("/devices/import/")
    page.locator("input[type=file]").set_input_files([file])
    with page.expect_navigation():
        page.locator("main form[enctype] button[type=submit]").click()


def test_a_list_is_checked_imported_and_undone(visit: Visit, hall: Stack) -> None:
    device = a_device(hall, "MF", 0)
    head = "设备编号,名称,类别,位置,责任人"
    manager = visitor(visit, "manager", "desk")
    upload(manager, table(head, f"{device['code']},{device['name']},窗口多功能一体机,没有这个地方,责任人甲"))
    look(manager, "import-errors")
    expect(manager.locator(".diff .is-wrong").first).to_be_visible()
    expect(manager.locator("input[name=reason]")).to_have_count(0)

    upload(manager, table("设备编号,责任人", f"{device['code']},责任人甲"))
    look(manager, "import-diff")
    expect(manager.locator(".diff ins").first).to_contain_text("责任人甲")
    manager.locator("input[name=reason]").fill("年度核对")
    submit(manager)
    manager.goto(f"/devices/{device['code']}/history/")
    expect(manager.locator("main")).to_contain_text("年度核对")
    manager.goto("/devices/import/")
    manager.locator("tbody a.cell-title").first.click()
    manager.locator("form[action$='/undo/'] button").click()
    with manager.expect_navigation():
        manager.locator("dialog[open] .btn-primary").click()
    manager.goto(f"/devices/{device['code']}/")
    expect(manager.locator("main dl, main .facts").first).not_to_contain_text("责任人甲")


def test_a_secret_parameter_shows_only_after_a_logged_click(visit: Visit, hall: Stack) -> None:
    device = a_device(hall, "MT", 0)["code"]
    secret = "kanarienvogel-7731"
    engineer = visitor(visit, "flex", "desk", "en")
    engineer.goto(f"/devices/{device}/configuration/add/")
    engineer.locator("[name=key]").fill("admin.password")
    engineer.locator("[name=value]").fill(secret)
    engineer.locator("[name=reason]").fill("会议系统更换口令")
    engineer.locator("[name=is_secret]").check()
    look(engineer, "configuration-add")
    submit_main(engineer)
    engineer.goto(f"/devices/{device}/configuration/")
    assert secret not in engineer.content()
    engineer.locator("tbody a.cell-title", has_text="admin.password").click()
    assert secret not in engineer.content()
    with engineer.expect_navigation():
        engineer.locator("form[action$='/reveal/'] button[type=submit]").click()
    expect(engineer.locator(".secret-box")).to_have_text(secret)
    engineer.goto(f"/devices/{device}/history/")
    assert secret not in engineer.content()
    expect(engineer.locator("main")).to_contain_text("admin.password")
