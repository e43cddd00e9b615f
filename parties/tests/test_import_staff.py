"""A staff list from a file: every row shown first, all or nothing, text stays text, and invitations instead of passwords."""

import codecs
import random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.errors import Invalid, NotAllowed
from parties.models import AccountLink, Membership, User
from parties.rules import MAX_STAFF_ROWS, browser_name, mask_email, read_day
from parties.services.staff_list import headings, people_import, staff_list_read
from parties.tests.make import AuditEntry, body, logged_in, opened, twice
from tests.make import make_world

pytestmark = pytest.mark.django_db
HEAD = "account,name,phone,email,role,unit,title,valid_to\n"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def admin(world):
    return logged_in(world.admin)


def rows_for(world, *changes):
    """A file with one clerk, one engineer and one auditor; then the given lines."""
    return HEAD + "\n".join(
        (
            f"li.si,李四,13800000061,li@example.com,clerk,{world.unit.name},A06窗口,",
            "wang.wu,王五,13800000062,,engineer,,机动运维,",
            "shen.ji,审计甲,,,auditor,,第三方审计,2029-12-31",
            *changes,
        )
    )


def upload(text, encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return {"file": SimpleUploadedFile("名单.csv", data, content_type="text/csv")}


def problems(text, world, encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return {row.line: row.problems for row in staff_list_read(data=data, contract=world.contract).bad}


def counts():
    return User.objects.count(), Membership.objects.count(), AccountLink.objects.count(), AuditEntry.objects.count()


def test_the_trial_shows_every_row_and_makes_nothing(world, admin):
    before = counts()
    page = body(admin.post("/people/import/", upload(rows_for(world))))
    for text in ("李四", "wang.wu", "2029-12-31", "UTF-8", 'name="text"'):
        assert text in page
    assert counts() == before


def test_confirmed_it_makes_accounts_memberships_and_one_slip_each(world, admin):
    page = body(admin.post("/people/import/", {"text": rows_for(world)}))
    assert page.count('class="slip"') == 3
    assert page.count('class="slip-qr"><svg') == 3
    user = User.objects.get(username="li.si")
    row = user.memberships.get()
    assert (user.name, user.phone, user.email, user.has_usable_password()) == (
        "李四",
        "13800000061",
        "li@example.com",
        False,
    )
    assert (row.role, row.unit, row.title, row.contract) == ("clerk", world.unit, "A06窗口", world.contract)
    assert str(User.objects.get(username="shen.ji").memberships.get().valid_to) == "2029-12-31"
    entries = AuditEntry.objects.filter(source="import", actor=world.admin)
    assert sorted(entries.values_list("verb", flat=True)) == ["membership_give"] * 3 + ["user_create"] * 3
    assert {entry.visibility for entry in entries} == {"internal"}
    made = people_import(
        data=(HEAD + "zhao.liu,赵六,,,engineer,,,").encode(), contract=world.contract, actor=world.admin, at=clock.now()
    )
    assert opened(made[0][3]).post("/account/link/password/", twice()).status_code == 302


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_both_encodings_of_china_are_read_and_named(world, admin, encoding):
    chinese = "账号,姓名,角色,单位\n" + f"li.si,李四㐀,窗口人员,{world.unit.name}\n"
    staff = staff_list_read(data=chinese.encode(encoding), contract=world.contract)
    assert staff.bad == ()
    assert (staff.rows[0].cells["name"], staff.rows[0].role) == ("李四㐀", "clerk")
    page = body(admin.post("/people/import/", upload(chinese, encoding)))
    assert ("GB18030" if encoding == "gb18030" else "UTF-8") in page


def test_the_template_can_be_filled_in_and_read_back_in_both_languages(world, admin):
    for language in ("zh-hans", "en"):
        admin.cookies["language"] = language
        data = b"".join(admin.get("/people/import/template/").streaming_content)
        assert data.startswith(codecs.BOM_UTF8)
        staff = staff_list_read(data=data, contract=world.contract)
        assert staff.bad == ()
        assert staff.unknown == ()
        assert [row.role for row in staff.rows] == ["clerk", "engineer"]


def test_one_bad_row_refuses_the_whole_file_and_names_its_line(world, admin):
    text = rows_for(world, "bad one,,call me,nowhere,boss,不存在的科,,2029-02-30")
    before = counts()
    answer = admin.post("/people/import/", upload(text))
    assert answer.status_code == 422
    assert 'name="text"' not in body(answer)
    assert admin.post("/people/import/", {"text": text}).status_code == 422
    assert counts() == before
    found = problems(text, world)
    assert set(found) == {5}
    assert len(found[5]) == 7
    with pytest.raises(Invalid):
        people_import(data=text.encode(), contract=world.contract, actor=world.admin, at=clock.now())


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (",李四,,,engineer,,,", 1),
        ("engineer,李四,,,engineer,,,", 1),
        ("ENGINEER,李四,,,engineer,,,", 1),
        ("ｅｎｇｉｎｅｅｒ,李四,,,engineer,,,", 1),
        ("x,李四,,,clerk,,,", 1),
        ("x,李四,,,auditor,,,", 1),
        ("x,李四,,,,,,", 1),
        ("x," + "长" * 41 + ",,,engineer,,,", 1),
        ("x" * 151 + ",李四,,,engineer,,,", 1),
        ("x,李四,1,,engineer,,,", 1),
        ("x,李四,,,engineer,专业窗口B区,,", 1),
        ("x,李四,,,engineer,,,31.12.2029", 1),
        ("x,李四,,,engineer,,,2029/12/31", 0),
        ("x,李四,,,工程师,,,2029年12月31日", 0),
    ],
)
def test_what_is_wrong_with_a_row_is_told(world, row, count):
    make_world("B")
    found = problems(HEAD + row, world)
    assert sum(len(texts) for texts in found.values()) == count


def test_a_closed_unit_takes_nobody(world):
    world.unit.is_active = False
    world.unit.save()
    assert set(problems(rows_for(world), world)) == {2}


def test_the_same_account_twice_in_a_file_is_told_with_the_first_line(world):
    found = problems(HEAD + "x.y,甲,,,engineer,,,\n\nX.Y,乙,,,engineer,,,\n", world)
    assert set(found) == {4}
    assert "2" in found[4][0]


def test_line_breaks_within_a_cell_become_spaces(world):
    staff = staff_list_read(data=(HEAD + 'x.y,"李\r\n四",,,engineer,,,\n').encode(), contract=world.contract)
    assert staff.rows[0].cells["name"] == "李 四"


def test_formulas_are_text(world, admin):
    text = HEAD + 'x.y,"=HYPERLINK(""http://evil"",""x"")",,,engineer,,+1+1,\n'
    admin.post("/people/import/", {"text": text})
    user = User.objects.get(username="x.y")
    assert user.name == '=HYPERLINK("http://evil","x")'
    assert user.memberships.get().title == "+1+1"
    exported = b"".join(admin.post("/people/export/").streaming_content).decode("utf-8-sig")
    assert "'=HYPERLINK" in exported and "'+1+1" in exported


def test_markup_in_a_name_stays_text(world, admin):
    text = HEAD + "x.y,<script>alert(1)</script>,,,engineer,,,\n"
    for data in (upload(text), {"text": text}):
        page = body(admin.post("/people/import/", data))
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00\x00",
        b"account,name,role\n",
        b"name,role\nx,engineer\n",
        b'account,name,role\n"x,y,engineer\n',
        b"account,name,role\nx\x00y,z,engineer\n",
        b"PK\x03\x04 a workbook",
        b"account,name,role\n" + b"x" * (1024 * 1024),
        b"account,name,role\n" + b"".join(b"u%d,n,engineer\n" % number for number in range(MAX_STAFF_ROWS + 1)),
    ],
    ids=["empty", "binary", "nobody", "columns", "quote", "nul", "workbook", "size", "rows"],
)
def test_what_is_no_staff_list_is_refused_with_a_reason(world, admin, data):
    before = counts()
    answer = admin.post("/people/import/", upload(data))
    assert answer.status_code == 422
    assert "field-error" in body(answer)
    assert counts() == before


def test_random_bytes_are_refused_or_read_and_never_fail(world):
    rng = random.Random(7)
    for _ in range(300):
        data = HEAD.encode() + rng.randbytes(rng.randint(0, 200))
        try:
            staff_list_read(data=data, contract=world.contract)
        except Invalid as refusal:
            assert refusal.message


def test_two_thousand_people_take_a_bounded_number_of_statements(world):
    def statements(number):
        lines = "".join(f"p{number}.{row:04d},人员{row},,,clerk,{world.unit.name},,\n" for row in range(number))
        with CaptureQueriesContext(connection) as asked:
            made = people_import(
                data=(HEAD + lines).encode(), contract=world.contract, actor=world.admin, at=clock.now()
            )
        assert len(made) == number
        return len(asked)

    few, many = statements(20), statements(MAX_STAFF_ROWS)
    assert many - few < 400, "batches, not rows"
    assert User.objects.filter(username__startswith=f"p{MAX_STAFF_ROWS}.").count() == MAX_STAFF_ROWS


def test_only_the_administrator_imports(world):
    for who in ("manager", "engineer", "clerk", "auditor"):
        client = logged_in(getattr(world, who))
        assert client.post("/people/import/", upload(rows_for(world))).status_code == 403
        assert client.get("/people/import/template/").status_code == 403
    with pytest.raises(NotAllowed):
        people_import(
            data=rows_for(world).encode(), contract=world.contract, actor=make_world("b").admin, at=clock.now()
        )


def test_every_language_names_every_column_once():
    names = [name for column in headings().values() for name in {name.casefold() for name in column}]
    assert len(names) == len(set(names))


def test_rules_of_reading_and_masking():
    assert mask_email("zhang@example.com") == "z***@example.com"
    assert mask_email("") == ""
    assert str(read_day("2024年3月8日")) == "2024-03-08"
    assert read_day("2024-02-30") is None and read_day("08.03.2024") is None
    assert browser_name("") == ""
