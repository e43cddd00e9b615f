"""What the house is told of devices themselves."""


def register() -> None:
    """Called once, when the apps are ready."""
    from django.utils.translation import gettext_lazy as _

    from core import subjects
    from devices import due, timeline
    from devices.subject import SUBJECT, documents_of, licences, warranties
    from devices.tabs import EVERYBODY, Room, Tab, register_room, register_tab

    subjects.register(SUBJECT)
    register_tab(Tab("overview", _("Overview"), "devices:detail", roles=EVERYBODY, position=0))
    register_room(Room("software", _("Software"), "devices:softwares", "stack-2"))
    register_room(Room("categories", _("Categories"), "devices:categories", "list-details"))
    timeline.register("document", _("Photos and documents"), documents_of)
    due.register(due.Source("warranty", _("Warranties that end"), warranties))
    due.register(due.Source("licence", _("Software licences that end"), licences))
