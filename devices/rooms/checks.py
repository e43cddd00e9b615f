"""What the house is told of stocktakes, fire-linkage tests, rights checks and hand-over lists."""

from django.utils.translation import gettext_lazy as _


def register() -> None:
    """Called once, when the apps are ready."""
    from core import subjects
    from devices import due, timeline
    from devices.present_checks import linkage_due, rights_due, stocktake_happenings, stocktakes_due
    from devices.subject_checks import SUBJECTS
    from devices.tabs import Room, register_room

    for subject in SUBJECTS:
        subjects.register(subject)
    register_room(Room("checks", _("Checks and stocktakes"), "devices:checks", "clipboard-check"))
    timeline.register("stocktake", _("Stocktakes"), stocktake_happenings)
    due.register(due.Source("rights_checks", _("Quarterly check of access rights"), rights_due))
    due.register(due.Source("stocktakes", _("Stocktakes"), stocktakes_due))
    due.register(due.Source("linkage_tests", _("Quarterly fire-linkage test"), linkage_due))
