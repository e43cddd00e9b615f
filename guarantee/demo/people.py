"""The demo's people: visibly made-up names, sample telephone numbers, one account per role printed at the start."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """An account of the demo; `shown` ones are printed at the start."""

    username: str
    name: str
    role: str
    title: str
    unit: str = ""
    shown: bool = False


PEOPLE: tuple[Person, ...] = (
    Person("clerk", "窗口人员01", "clerk", "A05窗口", "企业服务科", shown=True),
    *(
        Person(f"clerk{number:02d}", f"窗口人员{number:02d}", "clerk", "窗口人员", unit)
        for number, unit in enumerate(
            ("企业服务科",) * 4 + ("社会民生科",) * 3 + ("工程建设科",) * 2 + ("帮办服务科", "咨询导办组"), start=2
        )
    ),
    Person("supervisor", "甲方管理员", "supervisor", "综合科管理员", "综合科", shown=True),
    Person("supervisor2", "信息科审核员", "supervisor", "信息科审核", "信息科"),
    Person("leader", "甲方分管领导", "leader", "分管领导", "综合科", shown=True),
    Person("engineer", "工程师甲", "engineer", "巡检及问题处理（开厅、自助）", shown=True),
    Person("engineer2", "工程师乙", "engineer", "巡检及问题处理（闭厅、终端、网络）", shown=True),
    Person("engineer3", "工程师丙", "engineer", "巡检及问题处理（监控室、视频）"),
    Person("flex", "工程师丁", "engineer", "机动运维支持（会议、语音、门禁、影音）", shown=True),
    Person("manager", "项目经理", "manager", "项目经理", shown=True),
    Person("auditor", "审计员", "auditor", "第三方审计", shown=True),
    Person("admin", "系统管理员", "admin", "系统管理员", shown=True),
)
