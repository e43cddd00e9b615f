"""The demo hall: places, devices, vendors. Everything is made up; quantities follow a hall of ordinary size."""

from dataclasses import dataclass
from typing import Any

DAILY, ALWAYS, AFTER_USE = "daily_off", "always_on", "after_use"
OFFICE, LOW = "office", "low_voltage"

HALL_NAME, HALL_ALIAS, HALL_ADDRESS = "示范区政务服务大厅", "亦城客厅", "示范区示范街1号"

# Each place: its code, the code of what it lies in, its kind, its name.
PLACES: tuple[tuple[str, str, str, str], ...] = (
    ("hall", "", "hall", "大厅"),
    ("f1", "hall", "floor", "一层"),
    ("gate", "f1", "zone", "入口闸机区"),
    ("info", "f1", "zone", "咨询导办台"),
    ("wait", "f1", "zone", "取号等候区"),
    ("self", "f1", "zone", "自助导办服务区"),
    ("h24", "f1", "zone", "24小时自助服务区"),
    ("a", "f1", "zone", "综合窗口A区（企业服务）"),
    ("b", "f1", "zone", "综合窗口B区（社会民生）"),
    ("help", "f1", "zone", "帮办服务区"),
    ("issue", "f1", "zone", "出件区"),
    ("multi", "f1", "room", "多功能厅"),
    ("f2", "hall", "floor", "二层"),
    ("c", "f2", "zone", "专业窗口C区（工程建设）"),
    ("talk", "f2", "room", "洽谈间"),
    ("meet-l", "f2", "room", "大会议室"),
    ("meet-m", "f2", "room", "中会议室"),
    ("train", "f2", "room", "会议培训室"),
    ("watch", "f2", "room", "监控室"),
    ("server", "f2", "room", "弱电间/机房"),
    ("office", "f2", "zone", "办公区"),
    ("out", "hall", "zone", "室外"),
    ("plaza", "out", "point", "广场屏"),
)


@dataclass(frozen=True)
class Kind:
    """A device category: how many stand where, who looks after them, and how they are switched."""

    code: str
    name: str
    repair_class: str
    power_policy: str
    vendor: int
    at: tuple[tuple[str, int], ...]
    names: tuple[str, ...] = ()
    key: bool = False
    criticality: str = "C"
    ownership: str = "client"


KINDS: tuple[Kind, ...] = (
    Kind("WS", "通用工作台", OFFICE, DAILY, 0, (("a", 12), ("b", 8), ("c", 4)), criticality="B"),
    Kind("BB", "帮办工作台", OFFICE, DAILY, 0, (("help", 6),)),
    Kind("IQ", "互动查询屏", LOW, DAILY, 9, (("gate", 2), ("wait", 2), ("a", 1), ("b", 1), ("c", 1), ("help", 1))),
    Kind(
        "LED",
        "LED大屏·拼接屏",
        LOW,
        DAILY,
        8,
        (("info", 1), ("wait", 1), ("multi", 1), ("plaza", 1)),
        ("大厅主屏", "等候区大屏", "多功能厅拼接屏", "广场屏"),
        key=True,
        criticality="A",
    ),
    Kind("WD", "窗口屏·条屏", LOW, DAILY, 8, (("a", 4), ("b", 2), ("c", 2))),
    Kind(
        "IP",
        "信息发布一体机",
        LOW,
        DAILY,
        9,
        (("gate", 1), ("info", 1), ("wait", 1), ("a", 1), ("b", 1), ("help", 1), ("issue", 1), ("c", 1)),
        key=True,
        criticality="B",
    ),
    Kind(
        "QM",
        "排队叫号",
        OFFICE,
        DAILY,
        7,
        (("wait", 4), ("server", 1)),
        ("1号取号机", "2号取号机", "3号取号机", "4号取号机", "叫号主机"),
        key=True,
        criticality="A",
    ),
    Kind(
        "KS",
        "自助终端",
        LOW,
        DAILY,
        2,
        (("self", 6), ("h24", 6)),
        (
            "营业执照自助机",
            "自助税务机",
            "社保医保自助机",
            "不动产公积金自助机",
            "综合受理自助机",
            "证照打印自助机",
            "24小时营业执照自助机",
            "24小时自助税务机",
            "24小时社保医保自助机",
            "24小时不动产公积金自助机",
            "24小时综合受理自助机",
            "24小时证照打印自助机",
        ),
        key=True,
        criticality="B",
        ownership="vendor",
    ),
    Kind("PR", "自助打印复印机", OFFICE, DAILY, 1, (("self", 4), ("h24", 2)), ownership="vendor"),
    Kind("MF", "窗口多功能一体机", OFFICE, DAILY, 1, (("a", 2), ("b", 2), ("c", 1), ("issue", 1)), ownership="vendor"),
    Kind(
        "CAM",
        "摄像机",
        LOW,
        ALWAYS,
        10,
        (("gate", 4), ("wait", 2), ("a", 2), ("b", 2), ("h24", 2), ("server", 1), ("office", 1)),
    ),
    Kind(
        "NVR",
        "录像存储与监控工作站",
        LOW,
        ALWAYS,
        10,
        (("watch", 4),),
        ("1号录像存储", "2号录像存储", "监控工作站", "电视墙"),
        key=True,
        criticality="A",
    ),
    Kind(
        "AC",
        "门禁与闸机",
        LOW,
        ALWAYS,
        11,
        (("server", 1), ("watch", 1), ("office", 4), ("gate", 4)),
        (
            "机房门禁",
            "监控室门禁",
            "办公区门禁1",
            "办公区门禁2",
            "办公区门禁3",
            "办公区门禁4",
            "1号闸机",
            "2号闸机",
            "3号闸机",
            "南侧闸机",
        ),
        criticality="B",
    ),
    Kind(
        "ALM",
        "紧急求助报警",
        LOW,
        ALWAYS,
        10,
        (("a", 1), ("info", 1), ("h24", 1), ("b", 1), ("watch", 1)),
        ("A区求助按钮", "咨询台求助按钮", "24小时区求助按钮", "B区求助按钮", "报警主机"),
        key=True,
        criticality="A",
    ),
    Kind(
        "MT",
        "会议系统",
        LOW,
        AFTER_USE,
        12,
        (("meet-l", 3), ("meet-m", 3), ("talk", 1), ("train", 1), ("multi", 2)),
        (
            "大会议室会议系统",
            "大会议室视频会议终端",
            "大会议室无线话筒",
            "中会议室会议系统",
            "中会议室视频会议终端",
            "中会议室无线话筒",
            "洽谈间会议系统",
            "会议培训室会议系统",
            "多功能厅会议系统",
            "多功能厅无线话筒",
        ),
    ),
    Kind(
        "PA",
        "公共广播",
        LOW,
        ALWAYS,
        13,
        (("watch", 3), ("wait", 1), ("a", 1), ("b", 1), ("c", 1)),
        (
            "广播主机",
            "1号功放",
            "2号功放",
            "等候区吸顶喇叭回路",
            "A区吸顶喇叭回路",
            "B区吸顶喇叭回路",
            "C区壁挂音响回路",
        ),
        criticality="B",
    ),
    Kind(
        "NET",
        "网络与机房",
        LOW,
        ALWAYS,
        16,
        (("server", 8), ("wait", 1), ("a", 1), ("c", 1)),
        (
            "1号核心交换机",
            "2号核心交换机",
            "1号接入交换机",
            "2号接入交换机",
            "3号接入交换机",
            "4号接入交换机",
            "防火墙",
            "机房UPS",
            "等候区无线AP",
            "A区无线AP",
            "C区无线AP",
        ),
        key=True,
        criticality="A",
    ),
    Kind("TEL", "语音通话", LOW, ALWAYS, 15, (("server", 2),), ("语音网关", "IP电话系统"), criticality="B"),
)

# (name, service scope, promised response in hours)
VENDORS: tuple[tuple[str, str, int], ...] = (
    ("演示·PC与外设质保商", "PC与外设质保", 4),
    ("演示·打印复印租赁商", "打印复印设备租赁", 4),
    ("演示·综合自助终端商", "综合受理与证照打印终端", 8),
    ("演示·税务终端商", "税务自助终端", 8),
    ("演示·社保医保终端商", "社保医保自助终端", 8),
    ("演示·不动产公积金终端商", "不动产与公积金自助终端", 8),
    ("演示·营业执照终端商", "营业执照打印终端", 8),
    ("演示·排队叫号商", "排队叫号与评价", 4),
    ("演示·大屏商", "LED大屏与窗口屏", 8),
    ("演示·信息发布软件商", "信息发布软件与一体机", 8),
    ("演示·视频监控集成商", "视频监控与紧急求助", 4),
    ("演示·门禁闸机商", "门禁与闸机", 8),
    ("演示·会议音视频商", "会议音视频", 8),
    ("演示·公共广播商", "公共广播", 8),
    ("演示·消防维保商", "消防联动维保", 4),
    ("演示·网络运营商", "专线与语音", 4),
    ("演示·政务云运维商", "政务网与云平台运维", 2),
    ("演示·一窗受理开发商", "业务系统", 4),
    ("演示·网络安全服务商", "网络安全服务", 8),
    ("演示·物业强电商", "UPS、空调与物业强电", 4),
)
# Each vendor has these contacts: (name, position, first of the sample numbers)
VENDOR_CONTACTS: tuple[tuple[str, str, int], ...] = (
    ("联系人", "服务经理", 2000),
    ("值班员", "驻场值班", 2100),
)
CONTRACTOR_CONTACTS: tuple[dict[str, Any], ...] = (
    {
        "name": "公司值班室（演示）",
        "title": "公司负责人",
        "phone": "13800003001",
        "email": "office@example.com",
        "is_office": True,
    },
    {"name": "项目联络人（演示）", "title": "项目对接", "phone": "13800003002", "email": "project@example.com"},
)
CLIENT_CONTACTS: tuple[dict[str, Any], ...] = (
    {"name": "综合科联络人（演示）", "title": "合同联系人", "phone": "13800003101", "email": "client@example.com"},
)
KIOSK_VENDORS = {"营业执照": 6, "税务": 3, "社保医保": 4, "不动产公积金": 5}

# windows per zone: zone place code -> (unit name, letter, count)
UNITS: tuple[tuple[str, str, str, int], ...] = (
    ("企业服务科", "a", "A", 12),
    ("社会民生科", "b", "B", 8),
    ("工程建设科", "c", "C", 4),
    ("帮办服务科", "help", "D", 6),
    ("咨询导办组", "info", "E", 2),
    ("综合科", "office", "", 0),
    ("信息科", "office", "", 0),
)
