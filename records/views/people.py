"""/people/<id>/anonymise/: makes the person behind a deactivated account unknown."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN
from parties.forms import ReasonForm
from parties.views.people import form_page, person_or_404
from records.services.anonymise import person_anonymise


@allow(ADMIN, methods=GET_POST)
def anonymise(request: Request, pk: int) -> HttpResponse:
    """Ask for the reason, then do it; it cannot be undone."""
    person = person_or_404(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(form, person_anonymise, user=person, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The person is anonymised. The history stays whole."))
            return redirect("people:detail", person.pk)
    context = form_page(
        form,
        title=_("Anonymise the person"),
        back=reverse("people:detail", args=[person.pk]),
        back_label=person.name,
        sub=person.username,
        submit=_("Anonymise for good"),
        danger=True,
        hint=_(
            "Name, telephone and e-mail are cleared, and what the history holds of them can never be read again. "
            "What was signed keeps its text. This cannot be undone."
        ),
    )
    return render(request, "parties/form.html", context, status=form_status(form))
