"""Setting channels up: who may, what is refused, what is kept secret, and what the pages show."""

import json

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import reverse

from core import clock, vault
from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import ChannelChoice, ChannelConfig, Delivery, InternalTarget
from notifications.querysets import dead_of, unreachable
from notifications.services.channels import (
    ChannelData,
    channel_change,
    channel_create,
    channel_switch,
    internal_close,
    internal_open,
)
from notifications.services.choices import choice_save
from notifications.services.courier import work_off
from notifications.services.outbox import message_post
from notifications.tests.conftest import NOON, SmtpReceiver, set_up
from parties.models import User
from records.models import AuditEntry
from tests.make import make_world

KEY = "zq-canary-key-4711"
SECRET = "zq-canary-secret-4711"
PASSWORD = "zq-canary-password-4711"


@pytest.fixture
def world(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return make_world()


@pytest.fixture
def manager(world, client):
    client.force_login(world.manager)
    return client


def hook(**more):
    secrets = {"address": f"https://gateway.example.cn/{KEY}", "secret": SECRET}
    return ChannelData(**{"name": "网关", "secrets": secrets, **more})


def mail(**more):
    settings = {
        "host": "smtp.example.cn",
        "port": 465,
        "tls": "tls",
        "username": "hall",
        "from_address": "hall@example.cn",
        "from_name": "",
    }
    terms = {"name": "邮箱", "settings": settings, "secrets": {"password": PASSWORD}, **more}
    return ChannelData(**terms)


def create(world, kind="webhook", data=None, actor=None):
    return channel_create(
        contract=world.contract, kind=kind, data=data or hook(), actor=actor or world.manager, at=NOON
    )


def post(world, person, urgent=True):
    message = message_post(
        contract=world.contract, topic="promise", recipients=[person], title="x", urgent=urgent, at=NOON
    )
    assert message is not None
    return message


# Services -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["engineer", "clerk", "supervisor", "auditor"])
def test_only_manager_and_administrator_set_up(world, who):
    with pytest.raises(NotAllowed):
        create(world, actor=getattr(world, who))
    with pytest.raises(NotAllowed):
        create(world, actor=make_world("b").manager)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/x", "http://10.0.0.1/x", "http://169.254.169.254/", "https://user@a.example/", "ftp://a.example/", "x", "",
     "https://a.example:6379/", "http://[::1]/", "http://2130706433/"],
)  # fmt: skip
def test_addresses_that_may_not_be_called_are_refused_when_they_are_typed(world, address):
    with pytest.raises(Invalid) as refused:
        create(world, data=hook(secrets={"address": address}))
    assert "address" in refused.value.fields


def test_an_opened_network_may_be_typed(world):
    with pytest.raises(NotAllowed):
        internal_open(contract=world.contract, cidr="10.8.0.0/16", ports=[], note="x", actor=world.manager, at=NOON)
    row = internal_open(
        contract=world.contract, cidr="10.8.0.0/16", ports=[8080], note="短信网关", actor=world.admin, at=NOON
    )
    assert create(world, data=hook(secrets={"address": "http://10.8.1.1:8080/sms"})).target == "http://10.8.1.1:8080"
    other = make_world("b")
    with pytest.raises(Invalid):
        create(other, data=hook(secrets={"address": "http://10.8.1.1/sms"}))
    internal_close(target=row, actor=world.admin, at=NOON)
    with pytest.raises(Invalid):
        create(world, data=hook(name="二", secrets={"address": "http://10.8.1.1:8080/sms"}))
    with pytest.raises(Conflict):
        internal_close(target=row, actor=world.admin, at=NOON)
    verbs = list(AuditEntry.objects.filter(subject_type="internaltarget").values_list("verb", flat=True))
    assert verbs == ["internal_open", "internal_close"]


@pytest.mark.parametrize(
    "cidr",
    [
        "0.0.0.0/0",
        "10.0.0.0/7",
        "::/0",
        "10.0.0.1/8",
        "a.example",
        "",
        "127.0.0.1",
        "127.0.0.0/8",
        "::1",
        "169.254.169.254",
        "fe80::/64",
    ],
)
def test_networks_that_are_too_large_or_none_are_refused(world, cidr):
    with pytest.raises(Invalid):
        internal_open(contract=world.contract, cidr=cidr, ports=[], note="x", actor=world.admin, at=NOON)


def test_nothing_secret_lies_open_anywhere(world, manager):
    create(world)
    config = create(world, "email", mail())
    channel_change(config=config, data=mail(name="邮件"), version=1, actor=world.manager, at=NOON)
    dump = json.dumps(
        [
            list(model._default_manager.values())
            for model in apps.get_models()
            if model._meta.app_label not in {"contenttypes", "auth"}
        ],
        default=str,
    )
    pages = "".join(
        manager.get(url).content.decode()
        for url in (
            reverse("notifications:channels"),
            *(reverse("notifications:channel", args=[one.pk]) for one in ChannelConfig.objects.all()),
        )
    )
    for secret in (KEY, SECRET, PASSWORD):
        assert secret not in dump
        assert secret not in pages
    assert vault.unseal(ChannelConfig.objects.get(kind="webhook").sealed).count(SECRET) == 1
    changed = AuditEntry.objects.get(verb="channel_change")
    assert changed.before["name"] == "邮箱"
    assert changed.after["secrets"] == ["password"]


def test_an_empty_secret_keeps_the_stored_one_and_forget_drops_it(world):
    config = create(world)
    same = hook(secrets={"address": "", "secret": ""})
    channel_change(config=config, data=same, version=1, actor=world.manager, at=NOON)
    config.refresh_from_db()
    assert json.loads(vault.unseal(config.sealed)) == hook().secrets
    channel_change(config=config, data=hook(secrets={}, forget=["secret"]), version=2, actor=world.manager, at=NOON)
    config.refresh_from_db()
    assert set(json.loads(vault.unseal(config.sealed))) == {"address"}


def test_a_stored_password_does_not_follow_a_changed_server(world):
    config = create(world, "email", mail())
    moved = mail(settings={**mail().settings, "host": "smtp.evil.example"}, secrets={"password": ""})
    with pytest.raises(Invalid) as refused:
        channel_change(config=config, data=moved, version=1, actor=world.manager, at=NOON)
    assert "password" in refused.value.fields
    config.refresh_from_db()
    assert (config.settings["host"], config.version) == ("smtp.example.cn", 1)


def test_two_who_change_the_same_channel_do_not_overwrite_each_other(world):
    config = create(world)
    channel_change(config=config, data=hook(name="一"), version=1, actor=world.manager, at=NOON)
    with pytest.raises(Conflict):
        channel_change(config=config, data=hook(name="二"), version=1, actor=world.admin, at=NOON)


def test_one_personal_channel_of_a_kind_is_on_and_robots_may_be_many(world):
    first, second = create(world), create(world, data=hook(name="另一个"))
    channel_switch(config=first, on=True, actor=world.manager, at=NOON)
    with pytest.raises(Conflict):
        channel_switch(config=second, on=True, actor=world.manager, at=NOON)
    with pytest.raises(Conflict):
        channel_switch(config=first, on=True, actor=world.manager, at=NOON)
    for name in ("群一", "群二"):
        robot = create(world, "dingtalk", hook(name=name))
        assert channel_switch(config=robot, on=True, actor=world.manager, at=NOON).to_group
    with pytest.raises(Invalid):
        create(world, data=hook(name="群一"))


def test_what_waits_for_a_channel_that_is_switched_off_is_given_up_and_can_be_sent_again(world, manager):
    config = create(world)
    channel_switch(config=config, on=True, actor=world.manager, at=NOON)
    post(world, world.engineer)
    channel_switch(config=config, on=False, actor=world.manager, at=NOON)
    row = Delivery.objects.get(config=config)
    assert (row.state, row.last_error) == ("dead", "channel switched off")
    page = manager.get(reverse("notifications:failed")).content.decode()
    assert "网关" in page
    manager.post(reverse("notifications:failed"), {"channel": config.pk})
    row.refresh_from_db()
    assert row.state == "dead"
    channel_switch(config=config, on=True, actor=world.manager, at=NOON)
    manager.post(reverse("notifications:failed"), {"delivery": row.pk})
    row.refresh_from_db()
    assert (row.state, row.attempts, row.due_at) == ("pending", 0, NOON)
    assert AuditEntry.objects.filter(verb="deliveries_retry").count() == 1


def test_nobody_sends_the_other_halls_failures_again(world, manager):
    other = make_world("b")
    config = create(other)
    channel_switch(config=config, on=True, actor=other.manager, at=NOON)
    post(other, other.engineer)
    Delivery.objects.filter(config=config).update(state="dead")
    row = dead_of(other.contract).get()
    manager.post(reverse("notifications:failed"), {"delivery": row.pk})
    assert manager.post(reverse("notifications:failed"), {"channel": config.pk}).status_code == 404
    row.refresh_from_db()
    assert row.state == "dead"


def test_secrets_are_sealed_anew_with_the_first_key(world, settings):
    config = create(world)
    before = config.sealed
    settings.FIELD_KEYS = ["k" * 20 + "0123456789abcdef"]
    call_command("reseal_secrets")
    config.refresh_from_db()
    assert config.sealed != before
    assert json.loads(vault.unseal(config.sealed)) == hook().secrets
    with pytest.raises(vault.CannotOpen):
        vault.unseal(config.sealed[:-8] + "AAAAAAA=")


def test_a_key_that_is_gone_makes_the_channel_fail_and_nothing_else(world, receive, now):
    config = set_up(world, "webhook", receive())
    ChannelConfig.objects.filter(pk=config.pk).update(sealed="gAAAAA-not-ours")
    post(world, world.engineer)
    work_off(config.pk, now)
    row = Delivery.objects.get(config=config)
    assert (row.state, row.attempts) == ("pending", 1)
    assert "key" in row.last_error


def test_unreachable_are_those_whom_no_channel_knows(world):
    everybody = {"engineer", "engineer2", "manager"}
    assert {one.username for one in unreachable(world.contract)} == everybody
    channel_switch(config=create(world, "email", mail()), on=True, actor=world.manager, at=NOON)
    User.objects.filter(pk=world.engineer.pk).update(email="e@example.cn")
    assert {one.username for one in unreachable(world.contract)} == everybody - {"engineer"}
    robot = create(world, "dingtalk", hook(name="群", topics=["ticket"]))
    channel_switch(config=robot, on=True, actor=world.manager, at=NOON)
    assert len(unreachable(world.contract)) == 2
    ChannelConfig.objects.filter(pk=robot.pk).update(topics=[])
    assert unreachable(world.contract) == []


def test_a_choice_is_kept_checked_and_entered(world):
    terms = {"user": world.engineer, "wecom_id": " zhang ", "feishu_id": "", "at": NOON}
    choice_save(
        topics={"promise": ["sms", "email", "fax"], "nothing": ["sms"]}, quiet_from=None, quiet_until=None, **terms
    )
    row = ChannelChoice.objects.get()
    assert (row.topics, row.wecom_id) == ({"promise": ["email", "sms"]}, "zhang")
    choice_save(topics={"promise": ["email", "sms"]}, quiet_from=None, quiet_until=None, **terms)
    assert AuditEntry.objects.filter(verb="channel_choice").count() == 1
    for quiet in ((NOON.time(), None), (NOON.time(), NOON.time())):
        with pytest.raises(Invalid):
            choice_save(topics={}, quiet_from=quiet[0], quiet_until=quiet[1], **terms)


# Pages ----------------------------------------------------------------------------------------------------------------


def test_page_says_that_nobody_is_reached_until_a_channel_is_on(world, manager):
    manager.cookies["language"] = "en"
    url = reverse("notifications:channels")
    assert "No channel outside the browser is switched on" in manager.get(url).content.decode()
    home = manager.get("/reports/notes/").content.decode()
    assert "Outside the browser nobody is reached" in home
    assert world.engineer.name in home
    channel_switch(config=create(world), on=True, actor=world.manager, at=NOON)
    assert "No channel outside the browser is switched on" not in manager.get(url).content.decode()
    assert "Outside the browser nobody is reached" not in manager.get("/reports/notes/").content.decode()


def test_home_tells_of_a_failing_channel_and_of_what_failed(world, manager):
    manager.cookies["language"] = "en"
    config = create(world)
    channel_switch(config=config, on=True, actor=world.manager, at=NOON)
    ChannelConfig.objects.filter(pk=config.pk).update(failing_since=NOON)
    post(world, world.engineer)
    Delivery.objects.filter(config=config).update(state="dead")
    home = manager.get("/reports/notes/").content.decode()
    assert "A channel does not work" in home
    assert "1 messages failed for good" in home or "1 message failed for good" in home


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("email", {"host": "smtp.example.cn", "port": "465", "tls": "tls", "username": "hall", "password": PASSWORD,
                   "from_address": "hall@example.cn"}),
        ("sms", {"address": f"https://sms.example.cn/{KEY}", "secret": SECRET}),
        ("webhook", {"address": f"https://hook.example.cn/{KEY}", "to_group": "on", "topics": ["promise"]}),
        ("wecom", {"address": f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"}),
        ("dingtalk", {"address": f"https://oapi.dingtalk.com/robot/send?access_token={KEY}", "secret": SECRET, "keyword": "保障"}),
        ("feishu", {"address": f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}", "topics": ["promise", "ticket"]}),
    ],
)  # fmt: skip
def test_each_kind_is_set_up_and_changed_on_its_page(world, manager, kind, body):
    add = reverse("notifications:channel_add") + f"?kind={kind}"
    assert manager.get(add).status_code == 200
    response = manager.post(add, {"name": "新通道", **body})
    config = ChannelConfig.objects.get()
    assert response.headers["Location"] == reverse("notifications:channel", args=[config.pk])
    assert (config.kind, config.is_enabled) == (kind, False)
    page = manager.get(response.headers["Location"]).content.decode()
    assert KEY not in page
    assert PASSWORD not in page
    again = {name: value for name, value in body.items() if name not in {"address", "secret", "password"}}
    changed = manager.post(response.headers["Location"], {"name": "改名", "version": "1", **again})
    assert changed.status_code == 302
    config.refresh_from_db()
    assert config.name == "改名"
    stale = manager.post(response.headers["Location"], {"name": "再改", "version": "1", **again})
    assert stale.status_code == 409
    manager.post(reverse("notifications:channel_turn", args=[config.pk]), {"on": "1"})
    config.refresh_from_db()
    assert config.is_enabled


def test_a_password_without_encryption_is_refused(world, manager):
    body = {
        "name": "邮箱",
        "host": "smtp.example.cn",
        "port": "25",
        "tls": "none",
        "username": "hall",
        "from_address": "a@b.cn",
    }
    response = manager.post(reverse("notifications:channel_add") + "?kind=email", body)
    assert response.status_code == 422
    assert not ChannelConfig.objects.exists()


@pytest.mark.parametrize("kind", ["", "in_app", "fax", "email'--"])
def test_unknown_kinds_lead_back(world, manager, kind):
    response = manager.get(reverse("notifications:channel_add"), {"kind": kind})
    assert response.headers["Location"] == reverse("notifications:channels")


def test_a_test_shows_what_the_other_side_said(world, manager, receive):
    User.objects.filter(pk=world.manager.pk).update(email="m@example.cn")
    sink, target = receive(SmtpReceiver), receive(answer='{"errcode":0,"errmsg":"收到了"}')
    letter = set_up(world, "email", sink, on=False)
    robot = set_up(world, "dingtalk", target, on=False)
    page = manager.post(reverse("notifications:channel_try", args=[robot.pk]), follow=True).content.decode()
    assert "收到了" in page
    manager.post(reverse("notifications:channel_try", args=[letter.pk]))
    assert len(sink.letters) == 1
    target.mode = "500"
    page = manager.post(reverse("notifications:channel_try", args=[robot.pk]), follow=True).content.decode()
    assert "HTTP 500" in page
    assert not dead_of(world.contract).exists()


def test_an_inner_network_is_opened_and_closed_on_its_page(world, client):
    client.force_login(world.admin)
    url = reverse("notifications:internal")
    assert client.post(url, {"cidr": "10.9.0.0/16", "ports": "8080，x", "note": "网关"}).status_code == 422
    assert client.post(url, {"cidr": "10.9.0.0/16", "ports": "8080， 9000", "note": "网关"}).status_code == 302
    row = InternalTarget.objects.get()
    assert row.ports == [8080, 9000]
    assert "10.9.0.0/16" in client.get(url).content.decode()
    client.post(reverse("notifications:internal_shut", args=[row.pk]))
    assert "10.9.0.0/16" not in client.get(url).content.decode()


def test_what_was_sent_shows_ways_states_and_reading(world, manager, receive, now, django_assert_max_num_queries):
    manager.cookies["language"] = "en"
    target = receive(mode="500")
    config = set_up(world, "webhook", target)
    message = post(world, world.engineer)
    work_off(config.pk, now)
    Delivery.objects.filter(channel="in_app").update(read_at=NOON)
    for _ in range(30):
        post(world, world.engineer)
    url = reverse("notifications:sent")
    with django_assert_max_num_queries(12):
        page = manager.get(url).content.decode()
    assert world.engineer.name in page
    page = manager.get(reverse("notifications:sent_message", args=[message.pk])).content.decode()
    assert "HTTP 500" in page
    assert "Webhook · webhook" in page
    assert "03-18 12:00" in page
    for query, count in (("state=pending", 62), ("channel=webhook", 31), ("channel=email", 0), ("topic=promise", 62)):
        rows = Delivery.objects.count() if not query else count
        exported = manager.post(f"{reverse('notifications:sent_export')}?{query}")
        lines = b"".join(exported.streaming_content).decode().splitlines()
        assert len(lines) - 1 == (rows if query != "state=pending" else 62), query
    older = manager.get(url, {"before": message.deliveries.order_by("pk").last().pk + 1}).content.decode()
    assert older.count("cell-title") == 2


def test_choices_page_keeps_what_was_chosen(world, client, receive):
    set_up(world, "email", receive(SmtpReceiver))
    client.force_login(world.engineer)
    url = reverse("notifications:choices")
    body = {
        "topic_promise": ["email"],
        "quiet_from": "22:00",
        "quiet_until": "07:30",
        "wecom_id": "zhang",
        "feishu_id": "",
    }
    assert client.post(url, body).status_code == 302
    row = ChannelChoice.objects.get(user=world.engineer)
    assert (row.topics, str(row.quiet_from)) == ({"promise": ["email"]}, "22:00:00")
    page = client.get(url).content.decode()
    assert 'value="22:00"' in page
    assert client.post(url, {**body, "quiet_until": ""}).status_code == 422
    assert client.post(url, {**body, "topic_promise": ["sms"]}).status_code == 422


def test_choice_of_a_channel_that_is_off_at_present_stays(world, client):
    ChannelChoice.objects.create(user=world.engineer, topics={"promise": ["sms"]})
    client.force_login(world.engineer)
    assert client.post(reverse("notifications:choices"), {"wecom_id": "x"}).status_code == 302
    assert ChannelChoice.objects.get().topics == {"promise": ["sms"]}
