"""Workbooks of the import: the template with its lists, and the file that comes back with its wrong cells marked."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from core.export import HEAD_FILL, sheet_cell
from devices.finds.register import Catalogue
from devices.models import CategoryField, DeviceBatchRow, DeviceCategory
from devices.rules_import import FIELDS
from devices.services.imports import CHOICES

ROWS = 1_000
"""So far down the lists of the template reach."""
NEEDED = ("name", "category", "place")
NEEDED_FILL = PatternFill("solid", fgColor="FDE9D9")
WRONG_FILL = PatternFill("solid", fgColor="F8CBAD")
LISTS = "列表"
HELP = "填写说明"
EXPLAINED = (
    "每行一台设备。橙色表头为新设备的必填项；其余可空。",
    "“设备编号”填写已有编号即修改该设备，填写新编号即新增，留空则按类别自动取下一个编号。",
    "修改已有设备时：文件中没有的列不改动；名称、类别、位置、状态、策略等必填项留空表示不改动，其他项留空表示清空（检查结果会逐格列出）。",
    "类别、位置、窗口、单位、厂商须填系统中已有的名称或编号，不会自动新建；系统找不到时，可在检查页指定对应项。",
    "日期按 2024-03-18 填写；IP地址须在已登记的子网内，多个地址用顿号分隔。",
    "请填写数值或文字，不要使用公式。导入前先逐行检查，任何一行有误则全部不导入；导入后可整批撤销。",
)


def template_book(lists: dict[str, Sequence[str]], catalogue: Catalogue, category: DeviceCategory | None) -> Workbook:
    """The template: a sheet to fill in with lists to choose from, how to fill it in, and the lists themselves (hidden)."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("设备")
    sheet.freeze_panes = "C2"
    fields = [one for one in FIELDS if not one.note]
    extras: tuple[CategoryField, ...] = catalogue.fields_of(category) if category is not None else ()
    heads = [(one.names[0], one.key in NEEDED, one.width) for one in fields]
    heads += [(one.label, one.required, 16) for one in extras]
    for index, (_label, _needed, width) in enumerate(heads, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    with override("zh-hans"):
        columns = dict(lists)
        for name, choices in CHOICES.items():
            values = [choice for choice in choices if choice.value != "retired"]
            columns[name] = [str(choice.label) for choice in values]
    columns["is_key"] = ["是", "否"]
    if category is not None:
        columns["category"] = [category.name]
    for one in extras:
        if one.kind == CategoryField.Kind.CHOICE:
            columns[one.key] = one.options
        elif one.kind == CategoryField.Kind.YES_NO:
            columns[one.key] = ["是", "否"]
    keys = [one.key for one in fields] + [one.key for one in extras]
    kept = [key for key in keys if columns.get(key)]
    for position, key in enumerate(kept, start=1):
        letter, last = get_column_letter(position), len(columns[key]) + 1
        rule = DataValidation(type="list", formula1=f"'{LISTS}'!${letter}$2:${letter}${last}", allow_blank=True)
        rule.showErrorMessage, rule.errorStyle = True, "warning"
        rule.errorTitle, rule.error = "不在列表中", "系统中没有该名称，检查时会提示。"
        column = get_column_letter(keys.index(key) + 1)
        rule.add(f"{column}2:{column}{ROWS}")
        sheet.data_validations.append(rule)
    head = []
    for label, needed, _width in heads:
        cell = sheet_cell(sheet, label)
        cell.font, cell.fill = Font(bold=True), NEEDED_FILL if needed else HEAD_FILL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        head.append(cell)
    sheet.append(head)
    help_sheet = book.create_sheet(HELP)
    help_sheet.column_dimensions["A"].width = 100
    for line in (HELP, *EXPLAINED):
        cell = sheet_cell(help_sheet, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=line == HELP)
        help_sheet.append([cell])
    _write_lists(book, {heads[keys.index(key)][0]: columns[key] for key in kept})
    return book


def _write_lists(book: Workbook, columns: dict[str, Sequence[str]]) -> None:
    sheet = book.create_sheet(LISTS)
    sheet.sheet_state = "hidden"
    sheet.append([sheet_cell(sheet, label) for label in columns])
    for number in range(max((len(values) for values in columns.values()), default=0)):
        sheet.append([sheet_cell(sheet, values[number] if number < len(values) else "") for values in columns.values()])


def errors_book(header: Sequence[str], keys: Sequence[str], rows: Iterable[DeviceBatchRow]) -> Workbook:
    """The file as it came, its wrong cells marked, each with what is wrong as a comment; a last column says it in words."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("设备")
    sheet.freeze_panes = "A2"
    for index in range(1, len(header) + 1):
        sheet.column_dimensions[get_column_letter(index)].width = 18
    sheet.column_dimensions[get_column_letter(len(header) + 1)].width = 60
    sheet.append([_bold(sheet, label) for label in (*header, _("What is wrong"))])
    for row in rows:
        cells = []
        for key, text in zip(keys, row.cells, strict=True):
            cell = sheet_cell(sheet, text)
            if key in row.errors:
                cell.fill = WRONG_FILL
                cell.comment = Comment(row.errors[key], "大厅保障", width=280, height=90)
            cells.append(cell)
        words = "；".join(str(message) for message in row.errors.values())
        sheet.append([*cells, sheet_cell(sheet, words)])
    return book


def _bold(sheet: Any, label: str) -> WriteOnlyCell:
    cell = sheet_cell(sheet, label)
    cell.font, cell.fill = Font(bold=True), HEAD_FILL
    return cell
