"""The demo's channels: set up with made-up addresses and switched off, so that nothing ever leaves a demo."""

from datetime import datetime

from core import clock
from core.roles import MANAGER
from notifications.models import Channel
from notifications.services.channels import ChannelData, channel_create
from parties.models import Contract
from parties.querysets import people_with_role

MAIL = {
    "host": "smtp.example.cn",
    "port": 465,
    "tls": "tls",
    "username": "dating@example.cn",
    "from_address": "dating@example.cn",
    "from_name": "大厅保障",
}


def set_up_channels(contract: Contract, *, until: datetime) -> int:
    """A mail server, a gateway for text messages and a group's robot. Returns how many channels."""
    manager = people_with_role(contract, MANAGER, on=until.astimezone(clock.SHANGHAI).date())[0]
    channels = (
        (Channel.EMAIL, ChannelData(name="单位邮箱", settings=MAIL, secrets={"password": "示范密码"})),
        (Channel.SMS, ChannelData(name="短信网关", secrets={"address": "https://sms.example.cn/send?id=demo"})),
        (
            Channel.WECOM,
            ChannelData(
                name="保障群机器人",
                topics=["promise"],
                settings={"keyword": ""},
                secrets={"address": "https://qyapi.example.cn/cgi-bin/webhook/send?key=demo"},
            ),
        ),
    )
    for kind, data in channels:
        channel_create(contract=contract, kind=kind, data=data, actor=manager, at=until)
    return len(channels)
