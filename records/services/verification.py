"""Asks for, runs and keeps checks of the records: from the page, every night, and from the command line."""

from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import clock
from core.errors import Conflict, NotAllowed
from parties.models import Contract, User
from records.models import Verification
from records.permissions import can_verify
from records.services.audit import audit_write
from records.services.breaks import breaks_tell
from records.services.check import Result, records_check

log = structlog.get_logger(__name__)
State = Verification.State
OPEN = (State.WAITING, State.RUNNING)
GIVEN_UP_AFTER = timedelta(hours=2)
"""A run that has not ended after this was killed; another one may be asked for."""


@transaction.atomic
def verification_ask(*, contract: Contract, actor: User, at: datetime) -> Verification:
    """Ask for a check of a contract's records and of the system's chain; the worker does it within half a minute.

    Raises NotAllowed, and Conflict while one is waiting or running.
    """
    if not can_verify(actor, contract):
        raise NotAllowed(_("Your role may not check the records of this contract."))
    _give_up(contract, at)
    try:
        with transaction.atomic():
            run = Verification.objects.create(contract=contract, asked_by=actor, asked_at=at)
    except IntegrityError:
        raise Conflict(_("A check is running already; its result will stand here.")) from None
    audit_write(
        contract=contract,
        subject=run,
        verb="verify",
        actor=actor,
        at=at,
        visibility="internal",
    )
    return run


def verification_run_now(
    *,
    contract: Contract | None = None,
    since: datetime | None = None,
    with_anchors: bool = True,
    at: datetime,
) -> Verification:
    """Check now, and keep the result; for the command and the night. Does not wait for what others have asked for."""
    run = Verification(contract=contract, since=since, asked_at=at, started_at=at)
    _finish(run, records_check(contract=contract, since=since, with_anchors=with_anchors))
    _keep(run)
    return run


def verifications_run(*, at: datetime) -> int:
    """Run every check that was asked for and that nobody else has taken; returns how many. For the worker."""
    done = 0
    for run in list(Verification.objects.filter(state=State.WAITING).select_related("contract").order_by("pk")):
        taken = Verification.objects.filter(pk=run.pk, state=State.WAITING).update(state=State.RUNNING, started_at=at)
        if not taken:
            continue
        try:
            result = records_check(contract=run.contract, with_system=True)
        except Exception:
            Verification.objects.filter(pk=run.pk).update(state=State.FAILED, finished_at=clock.now())
            raise
        _finish(run, result)
        run.started_at = at
        _keep(run)
        done += 1
    return done


def latest_of(contract: Contract) -> Verification | None:
    """The newest check that says something about a contract's records."""
    rows = Verification.objects.filter(Q(contract=contract) | Q(contract=None)).select_related("asked_by")
    return rows.order_by("-asked_at", "-pk").first()


def _finish(run: Verification, result: Result) -> None:
    run.state = State.WHOLE if result.whole else State.BROKEN
    run.counts = {**result.counts, "found": result.found}
    run.findings = [finding.as_json() for finding in result.findings]
    run.finished_at = clock.now()
    if not result.whole:
        log.error("records_not_whole", found=result.found, first=run.findings[0])


@transaction.atomic
def _keep(run: Verification) -> None:
    run.save()
    breaks_tell(run, at=run.finished_at or run.asked_at)


def _give_up(contract: Contract, at: datetime) -> None:
    Verification.objects.filter(contract=contract, state__in=OPEN, asked_at__lt=at - GIVEN_UP_AFTER).update(
        state=State.FAILED, finished_at=at
    )
