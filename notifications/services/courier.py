"""Takes deliveries out of the house, at least once, and never within a transaction: claim, send, mark.

Each target has a worker of its own, so that one that hangs delays nobody else. Rows are claimed by a conditional UPDATE for a
short while; a process that dies loses its claim and the row is sent again under the same key. A target that fails is left in
peace for growing pauses and then asked with a single row; a row that fails by itself backs off by itself.
"""

import ipaddress
import json
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.db.models import F, Q, QuerySet
from django.utils import translation

from contract.services.calendar import calendar_of
from core import outbound, vault
from core.errors import Invalid
from notifications.models import ROBOTS, Channel, ChannelChoice, ChannelConfig, Delivery, DeliveryState, InternalTarget
from notifications.rules import next_attempt, release_at, rest_after
from notifications.senders import mail, robots, webhook
from notifications.senders.base import Item, Person, Rejected, Setup, TargetDown, one_line
from notifications.services.fanout import quiet_of
from notifications.text import UnreadableMessage, words_of
from notifications.topics import TEST, label_of

log = structlog.get_logger(__name__)
BATCH = 8
TICK = 0.5
"""Seconds between two looks at what is due."""
MOST_WORKERS = 64
MARGIN = 20.0
"""A claim lasts this many seconds longer than one call may take."""
Now = Callable[[], datetime]
SENDERS: dict[str, Callable[[Setup, Sequence[Item], datetime], str]] = {
    Channel.EMAIL: mail.send,
    Channel.SMS: webhook.send_sms,
    Channel.WEBHOOK: webhook.send,
    **dict.fromkeys(ROBOTS, robots.send),
}


@dataclass(frozen=True)
class Turn:
    """What one turn at a target came to: rows dealt with, and the instant before which nothing more is to be done."""

    done: int
    again_at: datetime | None = None


def setup_of(config: ChannelConfig) -> Setup:
    """A channel with its secrets opened. Raises TargetDown when the key that sealed them is gone."""
    try:
        opened = json.loads(vault.unseal(config.sealed)) if config.sealed else {}
    except vault.CannotOpen as error:
        raise TargetDown(str(error)) from error
    rows = InternalTarget.objects.filter(contract_id=config.contract_id, is_active=True)
    inner = [outbound.Allowance(ipaddress.ip_network(row.cidr), frozenset(row.ports)) for row in rows]
    return Setup(config.kind, config.settings, opened, outbound.allowances(inner))


def due_channels(now: datetime) -> list[int]:
    """Channels that are switched on, are not resting, and for which something waits."""
    rests = Q(config__closed_until__gt=now)
    waiting = _due(Delivery.objects.filter(config__isnull=False, config__is_enabled=True), now).exclude(rests)
    return list(waiting.order_by().values_list("config_id", flat=True).distinct())


def work_off(config_id: int, now: Now) -> Turn:
    """One turn at one target: claim what is due, send it, mark it. Never call it within a transaction."""
    at = now()
    config = ChannelConfig.objects.filter(pk=config_id, is_enabled=True).select_related("contract").first()
    if config is None:
        return Turn(0)
    if config.closed_until is not None and config.closed_until > at:
        return Turn(0, config.closed_until)
    if not _due(config.deliveries.all(), at).exists():
        return Turn(0)
    robot = config.kind in ROBOTS
    if robot and not _may_post(config, at):
        return Turn(0, ChannelConfig.objects.values_list("next_post_at", flat=True).get(pk=config.pk))
    limit = 1 if config.failures else robots.MOST_ITEMS if robot else BATCH
    rows = _leaving(config, _claim(config.pk, limit, at), at)
    if not rows:
        return Turn(0)
    return Turn(_send_all(config, rows, now))


def send_now(delivery: Delivery, now: Now) -> Delivery:
    """Send one row at once, whether its channel is switched on or not; a test is not tried again. Returns it as it stands then."""
    rows = _claimed([delivery.pk], now())
    if rows and rows[0].config is not None:
        _send_all(rows[0].config, rows, now)
    delivery.refresh_from_db()
    return delivery


# Claiming -------------------------------------------------------------------------------------------------------------


def _due(rows: QuerySet[Delivery], now: datetime) -> QuerySet[Delivery]:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return rows.filter(free, state=DeliveryState.PENDING, next_attempt_at__lte=now)


def _claim(config_id: int, limit: int, at: datetime) -> list[Delivery]:
    rows = _due(Delivery.objects.filter(config_id=config_id), at)
    chosen = rows.order_by("-message__urgent", "next_attempt_at", "id").values_list("pk", flat=True)[:limit]
    return _claimed(list(chosen), at)


def _claimed(ids: list[int], at: datetime) -> list[Delivery]:
    """Those of the rows that are still due and in nobody's hands, from now on in ours."""
    token = secrets.token_hex(16)
    until = at + timedelta(seconds=settings.OUTBOUND_SECONDS + MARGIN)
    rows = Delivery.objects.filter(pk__in=ids)
    if not ids or not _due(rows, at).update(claim=token, claimed_until=until):
        return []
    won = rows.filter(claim=token).select_related("message", "recipient", "contact", "config__contract")
    return list(won.order_by("-message__urgent", "next_attempt_at", "id"))


def _may_post(config: ChannelConfig, at: datetime) -> bool:
    """Take the robot's next turn; between two of them lies the platform's pause, whichever process posts."""
    free = Q(next_post_at=None) | Q(next_post_at__lte=at)
    return bool(ChannelConfig.objects.filter(free, pk=config.pk).update(next_post_at=at + robots.PAUSE))


def _leaving(config: ChannelConfig, rows: list[Delivery], at: datetime) -> list[Delivery]:
    """Those that may leave now. What is not urgent waits for the next opening, also when it was put off; that costs no attempt."""
    calm = [row for row in rows if not row.message.urgent]
    if not calm:
        return rows
    try:
        next_opening = calendar_of(config.contract).next_opening
    except Invalid:
        return rows
    people = [row.recipient_id for row in calm if row.recipient_id]
    quiet = {row.user_id: quiet_of(row) for row in ChannelChoice.objects.filter(user_id__in=people)} if people else {}
    held = {row.pk: release_at(at, next_opening, quiet.get(row.recipient_id or 0)) for row in calm}
    for row in calm:
        if held[row.pk] > at:
            waits = held[row.pk] - at
            _release(row, next_attempt_at=held[row.pk], due_at=(row.due_at or at) + waits)
    return [row for row in rows if held.get(row.pk, at) <= at]


def _release(row: Delivery, **changes: object) -> None:
    rows = Delivery.objects.filter(pk=row.pk, claim=row.claim, state=DeliveryState.PENDING)
    rows.update(claim="", claimed_until=None, **changes)


# Sending --------------------------------------------------------------------------------------------------------------


def _send_all(config: ChannelConfig, rows: list[Delivery], now: Now) -> int:
    began = time.monotonic()
    items, done = _items(config, rows, now), 0
    by_key = {row.pk: row for row in rows}
    queue = [item for item in items if item.key in by_key]
    while queue:
        if time.monotonic() - began > MARGIN:
            break  # the claim would not outlive another call
        alone = by_key[queue[0].key].alone
        together = [item for item in queue if not by_key[item.key].alone]
        parcel = robots.fitting(config.kind, together) if config.kind in ROBOTS and not alone else queue[:1]
        sent = {item.key for item in parcel}
        queue = [item for item in queue if item.key not in sent]
        try:
            _send(config, parcel, [by_key[item.key] for item in parcel], now)
        except TargetDown:
            break
        done += len(parcel)
        if config.kind in ROBOTS:
            break  # one post, then the pause
    for item in queue:
        _release(by_key[item.key])
    return done


def _send(config: ChannelConfig, parcel: list[Item], rows: list[Delivery], now: Now) -> None:
    """Say it, and mark what came of it. Raises TargetDown after having marked it, so that the others are left waiting."""
    setup: Setup | None = None
    try:
        setup = setup_of(config)
        answer = SENDERS[config.kind](setup, parcel, now())
    except Rejected as error:
        _failed(config, rows, _shown(setup, error), now(), alone=len(rows) > 1)
        _note_failure(config, _shown(setup, error), now(), rests=False)
    except (TargetDown, outbound.Refused, outbound.Unreachable) as error:
        _failed(config, rows, _shown(setup, error), now())
        _note_failure(config, _shown(setup, error), now(), rests=True)
        raise TargetDown(str(error)) from error
    except Exception as error:
        log.exception("sender_failed", channel=config.pk)
        _failed(config, rows, _shown(setup, error), now(), alone=len(rows) > 1)
    else:
        _delivered(config, rows, setup.scrub(answer), now())


def _shown(setup: Setup | None, error: Exception) -> str:
    text = str(error) or type(error).__name__
    return setup.scrub(text) if setup else one_line(text)[:300]


def _delivered(config: ChannelConfig, rows: list[Delivery], answer: str, at: datetime) -> None:
    Delivery.objects.filter(pk__in=[row.pk for row in rows], state=DeliveryState.PENDING).update(
        state=DeliveryState.DELIVERED,
        delivered_at=at,
        attempts=F("attempts") + 1,
        answer=answer,
        last_error="",
        claim="",
        claimed_until=None,
    )
    ChannelConfig.objects.filter(pk=config.pk).update(
        last_success_at=at, failing_since=None, failures=0, closed_until=None
    )
    config.failures = 0


def _failed(config: ChannelConfig, rows: list[Delivery], error: str, at: datetime, *, alone: bool = False) -> None:
    log.warning("delivery_failed", channel=config.pk, deliveries=[row.pk for row in rows], error=error)
    for row in rows:
        again = next_attempt(row.due_at or at, row.attempts + 1, at) if row.message.topic != TEST else None
        Delivery.objects.filter(pk=row.pk, claim=row.claim, state=DeliveryState.PENDING).update(
            state=DeliveryState.PENDING if again else DeliveryState.DEAD,
            attempts=F("attempts") + 1,
            next_attempt_at=again or at,
            last_error=error,
            alone=row.alone or alone,
            claim="",
            claimed_until=None,
        )


def _note_failure(config: ChannelConfig, error: str, at: datetime, *, rests: bool) -> None:
    """Show the failure on the channel; where the target itself is at fault, let it rest."""
    rows = ChannelConfig.objects.filter(pk=config.pk)
    rows.filter(failing_since=None).update(failing_since=at)
    changes: dict[str, object] = {"last_failure_at": at, "last_error": error}
    if rests:
        failures = config.failures + 1
        changes |= {"failures": failures, "closed_until": at + rest_after(failures)}
    rows.update(**changes)


# Words ----------------------------------------------------------------------------------------------------------------


def _items(config: ChannelConfig, rows: list[Delivery], now: Now) -> list[Item]:
    """The rows in words. One that cannot be put into words backs off alone."""
    mentions = _mentions([row.message_id for row in rows]) if config.to_group else {}
    found = []
    for row in rows:
        language = row.recipient.language if row.recipient else settings.LANGUAGE_CODE
        with translation.override(language):
            try:
                words = words_of(row.message)
            except UnreadableMessage as error:
                _failed(config, [row], one_line(str(error))[:300], now())
                continue
            topic = label_of(row.message.topic)
        url = f"{settings.SITE_URL}{row.message.url}" if row.message.url.startswith("/") else ""
        found.append(
            Item(
                key=row.pk,
                topic=topic,
                title=words.title,
                body=words.body,
                url=url,
                urgent=row.message.urgent,
                posted_at=row.message.posted_at,
                person=_person(row),
                mentions=mentions.get(row.message_id, ()),
            )
        )
    return found


def _person(row: Delivery) -> Person:
    if row.recipient is not None:
        one = row.recipient
        return Person(name=one.name, email=one.email, phone=one.phone, account=one.username)
    if row.contact is not None:
        return Person(name=row.contact.name, email=row.contact.email, phone=row.contact.phone)
    return Person()


def _mentions(message_ids: list[int]) -> dict[int, tuple[Person, ...]]:
    """Whom the posts of a group call: the people who find the message in the app."""
    rows = Delivery.objects.filter(message_id__in=message_ids, channel=Channel.IN_APP).select_related("recipient")
    people = list(rows.order_by("id"))
    choices = {
        one.user_id: one for one in ChannelChoice.objects.filter(user_id__in=[row.recipient_id for row in people])
    }
    found: dict[int, tuple[Person, ...]] = {}
    for row in people:
        user, choice = row.recipient, choices.get(row.recipient_id or 0)
        if user is not None:
            person = Person(
                name=user.name,
                phone=user.phone,
                wecom_id=choice.wecom_id if choice else "",
                feishu_id=choice.feishu_id if choice else "",
            )
            found[row.message_id] = (*found.get(row.message_id, ()), person)
    return found


# Threads --------------------------------------------------------------------------------------------------------------


class Courier:
    """Runs beside the engine: looks what is due and gives every target that has something a thread of its own."""

    def __init__(self, *, now: Now) -> None:
        self._now = now
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._workers: dict[int, threading.Thread] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once. Its threads never keep the process from ending."""
        self._thread = threading.Thread(target=self._look, name="courier", daemon=True)
        self._thread.start()

    def stop(self, wait: float = 3.0) -> None:
        """Ask the threads to end and wait a little; what a hanging target keeps is sent again when its claim has run out."""
        self._stopping.set()
        self._join(wait)

    def sweep(self, wait: float) -> int:
        """One look: a worker for every target that has something, for `wait` seconds at most. Returns how many targets."""
        due = self._dispatch()
        self._join(wait)
        self._stopping.set()
        return due

    def _join(self, wait: float) -> None:
        until = time.monotonic() + wait
        with self._lock:
            threads = [*self._workers.values(), *([self._thread] if self._thread else [])]
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _look(self) -> None:
        while not self._stopping.wait(TICK):
            try:
                close_old_connections()
                self._dispatch()
            except (DatabaseError, InterfaceError) as error:
                log.warning("courier_database_trouble", error=str(error).strip())
                connection.close()
            except Exception:
                # Nothing may silence the courier; what stays wrong is seen in the log and as failing channels.
                log.exception("courier_failed")
                connection.close()
        connection.close()

    def _dispatch(self) -> int:
        due = due_channels(self._now())
        with self._lock:
            self._workers = {pk: thread for pk, thread in self._workers.items() if thread.is_alive()}
            for pk in due:
                if pk not in self._workers and len(self._workers) < MOST_WORKERS:
                    thread = threading.Thread(target=self._work, args=(pk,), name=f"courier-{pk}", daemon=True)
                    self._workers[pk] = thread
                    thread.start()
        return len(due)

    def _work(self, config_id: int) -> None:
        try:
            while not self._stopping.is_set():
                turn = work_off(config_id, self._now)
                if turn.again_at is not None:
                    pause = (turn.again_at - self._now()).total_seconds()
                    if pause > robots.PAUSE.total_seconds() or self._stopping.wait(max(TICK, pause)):
                        break
                elif not turn.done:
                    break
        except (DatabaseError, InterfaceError) as error:
            log.warning("courier_database_trouble", channel=config_id, error=str(error).strip())
        except Exception:
            log.exception("courier_worker_failed", channel=config_id)
        finally:
            connection.close()
