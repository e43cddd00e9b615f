"""What /styleguide/ shows: every component with data that is visibly made up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from core import charts


class ExampleForm(forms.Form):
    """One field of each kind that forms of the product use."""

    reporter = forms.CharField(label="报修人", help_text="姓名或窗口号，便于工程师联系。")
    phone = forms.CharField(label="联系电话", widget=forms.TextInput(attrs={"type": "tel"}))
    kind = forms.ChoiceField(label="服务类别", choices=[("", "请选择"), ("self", "自助设备"), ("screen", "信息发布")])
    scope = forms.ChoiceField(
        label="影响范围", choices=[("one", "单点"), ("many", "多点"), ("all", "整厅")], widget=forms.RadioSelect
    )
    symptom = forms.CharField(label="故障现象", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    minutes = forms.IntegerField(label="预计修复时长", required=False)
    agreed = forms.BooleanField(label="已当面告知客户", required=False)


def _clock(now: datetime, state: str, seconds: int, total: int = 300, **more: Any) -> dict[str, Any]:
    due = now + timedelta(seconds=seconds)
    windows = [(now - timedelta(hours=1), max(due, now) + timedelta(hours=8))]
    return {
        "state": state,
        "due_at": due,
        "windows": windows,
        "total_seconds": total,
        "label": "5 分钟响应",
        "why_url": "",
        "stopped_at": None,
        "breached_at": None,
        "kept": None,
        **more,
    }


def examples(now: datetime) -> dict[str, Any]:
    """The context of styleguide.html at this instant."""
    invalid = ExampleForm(
        {"reporter": "", "phone": "1380000", "scope": "many", "symptom": "二号自助机不出票，屏幕提示缺纸。"}
    )
    invalid.add_error("phone", "请填写 11 位手机号，或区号加座机号。")
    opening = (now + timedelta(days=1)).replace(hour=0, minute=30, second=0, microsecond=0)
    days = ["06-10", "06-11", "06-12", "06-13", "06-14", "06-15", "06-16"]
    return {
        "clocks": [
            ("normal", _clock(now, "running", 268)),
            ("risk", _clock(now, "running", 74)),
            ("breached", _clock(now, "breached", -187, breached_at=now - timedelta(seconds=186))),
            (
                "waiting",
                _clock(now, "waiting", 0)
                | {"due_at": opening + timedelta(minutes=3), "windows": [(opening, opening + timedelta(hours=9))]},
            ),
            ("paused", _clock(now, "paused", 0, total=3600, due_at=None)),
            ("hour", _clock(now, "running", 2_950, total=3_600)),
            ("days", _clock(now, "running", 3 * 86_400, total=5 * 34_200, text="3 个工作日")),
            ("kept", _clock(now, "stopped", 120, stopped_at=now, kept=True)),
            ("missed", _clock(now, "stopped", -60, stopped_at=now, kept=False)),
        ],
        "big_clock": _clock(now, "running", 131),
        "statuses": [
            ("pending_response", "待响应"),
            ("in_progress", "处理中"),
            ("waiting_vendor", "等待第三方"),
            ("to_sign", "待客户签字"),
            ("breached", "已超时"),
            ("signed", "已签字"),
            ("archived", "已归档"),
        ],
        "tones": ["info", "warn", "danger", "ok", "muted"],
        "form": ExampleForm(),
        "invalid_form": invalid,
        "filters": [
            {"label": "全部", "url": "?", "active": False, "count": 128},
            {"label": "我的", "url": "?mine=1", "active": True, "count": 6},
            {"label": "临期", "url": "?risk=1", "active": False, "count": 2, "icon": "alert-triangle"},
            {"label": "待签字", "url": "?sign=1", "active": False, "count": 11},
        ],
        "columns": [
            {"label": "工单", "sort_url": "?sort=code", "sorted": "desc"},
            {"label": "位置"},
            {"label": "状态"},
            {"label": "费用", "numeric": True},
            {"label": "剩余时间"},
        ],
        "entries": [
            {
                "at": now,
                "title": "响应",
                "actor": "工程师甲",
                "text": "电话联系，10:20 前到场。",
                "tone": "ok",
                "icon": "phone-call",
            },
            {
                "at": now - timedelta(minutes=2),
                "title": "提醒",
                "actor": "系统",
                "text": "受理后 2 分钟未响应，再次提醒责任人。",
                "tone": "warn",
                "icon": "bell-ringing",
            },
            {
                "at": now - timedelta(minutes=4),
                "title": "报修",
                "actor": "窗口人员乙",
                "text": "A05 窗口高拍仪不能识别。",
                "tone": "info",
                "icon": "alert-circle",
                "proof_url": "#timeline",
                "proof_label": "现场照片 1 张",
            },
        ],
        "steps": [
            {"label": "报修", "state": "done", "at": now - timedelta(minutes=30)},
            {"label": "响应", "state": "done", "at": now - timedelta(minutes=27)},
            {"label": "处理", "state": "current", "at": None},
            {"label": "签字", "state": "todo", "at": None},
            {"label": "归档", "state": "todo", "at": None},
        ],
        "facts": [
            ("设备", "高拍仪 GP-A05"),
            ("位置", "一层 · A 区 · A05 窗口"),
            ("报修人", "窗口人员乙 138****0000"),
            ("现象", "指示灯亮，系统提示“未检测到设备”。"),
        ],
        "options": [
            {"code": "ZZ-0012", "name": "自助取号机", "note": "一层 · 大厅入口"},
            {"code": "ZZ-0013", "name": "自助取号机", "note": "一层 · 24 小时自助区"},
        ],
        "now": now,
        "spark": charts.sparkline([3, 5, 2, 8, 6, 9, 4], title="近 7 日工单"),
        "chart_columns": charts.columns(days, [12, 9, 15, 7, 11, 3, 0], title="每日工单", unit="件"),
        "chart_bars": charts.bars(
            ["自助设备", "信息发布", "智能硬件", "视频监控"], [18, 12, 9, 4], title="各类工单", unit="件"
        ),
        "chart_stacked": charts.stacked(
            ["满意度"],
            [("非常满意", [8]), ("满意", [7]), ("基本满意", [3]), ("不满意", [2])],
            title="评价分布",
            unit="次",
        ),
        "chart_line": charts.line(
            days,
            [2.1, 3.4, 1.8, 4.6, 2.9, 2.2, 2.0],
            title="平均响应时间",
            unit="分钟",
            limit=5,
            limit_label="约定 5 分钟",
        ),
    }
