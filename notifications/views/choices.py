"""/notifications/choices/: what a person wants to hear where, and their quiet hours."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ROLES
from notifications.forms import ChoiceForm
from notifications.models import PERSONAL, Channel, ChannelChoice
from notifications.querysets import channels_of
from notifications.rules import reaches
from notifications.services.choices import choice_save


@allow(*ROLES, methods=GET_POST)
def choices(request: Request) -> HttpResponse:
    """Boxes for the personal channels that the contract has switched on; in the app everything arrives anyway."""
    on = set(channels_of(request.contract).filter(is_enabled=True, to_group=False).values_list("kind", flat=True))
    kinds = [str(kind) for kind in PERSONAL if kind in on]
    row = ChannelChoice.objects.filter(user=request.user).first() or ChannelChoice(user=request.user)
    form = ChoiceForm(request.POST or None, instance=row, kinds=kinds)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        # What was chosen of channels that are switched off at present stays chosen.
        topics = {
            slug: [*chosen, *(kind for kind in (row.topics or {}).get(slug, ()) if kind not in kinds)]
            for slug, chosen in form.topics().items()
        }
        done = attempt(
            form,
            choice_save,
            user=request.user,
            topics=topics,
            at=clock.now(),
            **{name: data[name] for name in ("quiet_from", "quiet_until", "wecom_id", "feishu_id")},
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("notifications:choices")
    user = request.user
    context = {
        "form": form,
        "kinds": kinds,
        "missing": [Channel(kind).label for kind in kinds if not reaches(kind, user.email, user.phone)],
        "email": user.email,
        "phone": user.phone,
    }
    return render(request, "notifications/choices.html", context, status=form_status(form))
