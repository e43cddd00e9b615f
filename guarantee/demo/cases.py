"""Typical requests of a hall, in the clients' own words: what was said, what it was, what was done."""

from dataclasses import dataclass

G, U, D, R = "general", "user_error", "difficult", "service_request"


@dataclass(frozen=True)
class Case:
    """One kind of request. `kinds` are device categories it may hit (empty: no device), `place` where it happens then."""

    title: str
    description: str
    triage: str
    category: str
    fault_type: str
    cause: str
    solution: str
    kinds: tuple[str, ...] = ()
    place: str = ""
    impact: str = "point"
    urgency: str = "medium"
    days: int = 0


CASES: tuple[Case, ...] = (
    Case("窗口电脑开不了机", "窗口电脑开不了机，按电源没反应", G, "终端", "hardware", "插座接触不良", "更换插座，试机正常", ("WS",)),
    Case("高拍仪黑屏", "窗口高拍仪打开是黑屏", G, "外设", "peripheral", "驱动被更新覆盖", "重装驱动并锁定更新", ("WS",)),
    Case("身份证读卡器读不出", "身份证读卡器读不出，换人也不行", G, "外设", "peripheral", "USB口供电不足", "换后置口，清洁读卡面", ("WS", "BB")),
    Case("一窗受理证书无效", "一窗受理系统登录提示“证书无效”", G, "软件", "software", "数字证书到期", "协助更新证书，登记到期提醒", ("WS",)),
    Case("打印机一打就卡纸", "打印机一打就卡纸", G, "打印", "hardware", "搓纸轮磨损", "清洁搓纸轮，报备件更换", ("MF", "PR")),
    Case("打印件有黑道", "打出来的证明有黑道", G, "打印", "hardware", "硒鼓漏粉", "更换硒鼓（租赁方）", ("MF", "PR")),
    Case("取号机出票空白", "取号机出票空白", G, "叫号", "consumable", "热敏纸装反", "重装热敏纸并培训导办", ("QM",)),
    Case("叫号语音不响", "叫号语音不响，屏上有号", G, "叫号", "software", "音频服务未启动", "重启音频服务，加入开厅检查", ("QM",), impact="several"),
    Case("窗口屏显示别的窗口号", "窗口屏显示的还是上一窗口号", G, "屏幕", "software", "窗口地址码冲突", "重设地址码", ("WD",)),
    Case("大屏左下角一块不亮", "大屏左下角一块不亮", D, "屏幕", "hardware", "接收卡损坏", "报项目经理，厂商更换接收卡", ("LED",), days=4),
    Case("24小时区自助机缺纸", "24小时区营业执照打印机缺纸", R, "耗材", "consumable", "纸尽", "通知厂商补纸，试打正常", ("KS", "PR")),
    Case("自助税务机一直转圈", "自助税务机点进去一直转圈", G, "自助", "network", "专线中断", "协调运营商恢复，临时引导窗口", ("KS",), impact="several"),
    Case("自助机人脸识别失败", "社保自助机人脸识别总失败", U, "自助", "environment", "逆光、站位不对", "指导站位，贴地标", ("KS",)),
    Case("不会双面扫描", "同事不会双面扫描", U, "培训", "peripheral", "不熟悉操作", "现场教学，发图文卡", ("WS", "BB", "MF"), urgency="low"),
    Case("会议室投影没画面", "会议室投影没画面，9点开会", G, "会议", "peripheral", "信号源选错", "切换HDMI2，加贴标签", ("MT",), urgency="high"),
    Case("视频会议对方听不见", "视频会议对方听不见我们", G, "会议", "peripheral", "麦克风静音策略", "调整混音，联调正常", ("MT",), urgency="high"),
    Case("大会议室会议保障", "下周三大会议室有重要会议，需要保障", R, "会议", "", "会议保障", "现场值守，备机到位，会议正常", (), "meet-l"),
    Case("监控画面黑屏", "监控室3号画面黑屏", G, "监控", "hardware", "POE端口故障", "更换端口，核查录像连续性", ("CAM",)),
    Case("NVR提示硬盘异常", "NVR提示硬盘异常", D, "监控", "hardware", "硬盘坏道", "备份后换盘，备盘顶用", ("NVR",), days=6),
    Case("申请查看昨天录像", "申请查看昨天下午丢包的录像", R, "录像", "", "群众遗失物品", "经甲方审批，双人查看，登记不拷贝", (), "watch", urgency="low"),
    Case("新同事门禁刷不开", "新来的同事门禁刷不开", R, "门禁", "permission", "未授权", "审批后授权，期限至年底", ("AC",)),
    Case("闸机摆臂关不上", "南侧闸机摆臂关不上", D, "闸机", "hardware", "限位开关损坏", "厂商更换限位开关，期间常开并加派安保", ("AC",), impact="several", days=3),
    Case("求助按钮监控室没声音", "求助按钮按了监控室没声音", G, "报警", "hardware", "报警主机回路松动", "紧固回路，全点测试", ("ALM",), urgency="high"),
    Case("明天换大厅屏海报", "明天要换大厅屏的宣传海报", R, "发布", "content", "内容更换", "三审后08:30上屏，拍照留存", ("LED", "IP")),
    Case("闭厅音乐没放", "广播里闭厅音乐没放", G, "广播", "software", "定时任务日历未跟调休", "修正日历，人工补播", ("PA",)),
    Case("喇叭有电流声", "区域喇叭有电流声", G, "广播", "hardware", "接地干扰", "调整走线，改接地", ("PA",), urgency="low"),
    Case("A区一排电脑上不了网", "A区一排电脑都上不了网", G, "网络", "network", "接入交换机环路", "断环，启用环路保护，事后复盘", ("NET",), impact="several", urgency="high"),
    Case("新增打印机要IP", "新增打印机要个IP", R, "网络", "network", "新增设备", "入网登记，分配IP", ("MF",), urgency="low"),
    Case("电话打不进来", "电话打不进来，只能打出去", G, "语音", "software", "呼叫转移未取消", "复位呼叫转移，培训", ("TEL",)),
    Case("全厅叫号系统打不开", "全厅叫号系统打不开，群众聚集", G, "叫号", "software", "数据库服务异常", "启动人工叫号，12分钟内报告，40分钟恢复，复盘", ("QM",), impact="hall", urgency="high"),
    Case("互动查询屏点不动", "互动查询屏点不动，只能看", G, "自助", "hardware", "触控线松动", "重插触控线，校准触控", ("IQ",)),
    Case("忘记业务系统密码", "业务系统密码输错被锁了", U, "软件", "permission", "连续输错密码", "核实身份后解锁，教自助重置", ("WS", "BB"), urgency="low"),
    Case("打印机选错了", "点打印没反应，打到别的窗口去了", U, "打印", "peripheral", "默认打印机选错", "改回默认打印机，讲清切换办法", ("WS",)),
    Case("评价器没声音", "评价器没有提示音", U, "外设", "peripheral", "音量被调到最低", "调回音量，告知按键位置", ("WS",), urgency="low"),
)

BREACH_REASONS = ("当时正在处理全厅故障，未及时看到", "电话占线，转接后才接到", "交接班间隙，提醒未听到")
DISSATISFIED = ("等的时间有点长", "同样的问题又出现了", "没有说清楚什么时候能修好", "来回跑了两趟才修好")
RETURNED = ("打印还是有黑道，请再看看", "重启之后又不行了")
