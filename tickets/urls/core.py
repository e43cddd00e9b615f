"""Routes of tickets: the first journey, from the report to the signature."""

from django.urls import path

from tickets.views import detail, lists, queue, report, sheet, verbs

urlpatterns = [
    path("", lists.ticket_list, name="list"),
    path("export/", lists.ticket_export, name="export"),
    path("queue/", queue.queue, name="queue"),
    path("queue/rows/", queue.queue_rows, name="queue_rows"),
    path("report/", report.report, name="report"),
    path("<str:code>/", detail.detail, name="detail"),
    path("<str:code>/respond/", verbs.respond, name="respond"),
    path("<str:code>/confirm-reporter/", verbs.confirm_reporter, name="confirm_reporter"),
    path("<str:code>/arrive/", verbs.arrive, name="arrive"),
    path("<str:code>/resolve/", verbs.resolve, name="resolve"),
    path("<str:code>/send-back/", verbs.send_back, name="send_back"),
    path("<str:code>/close-unsigned/", verbs.close_unsigned, name="close_unsigned"),
    path("<str:code>/cancel/", verbs.cancel, name="cancel"),
    path("<str:code>/rate/", verbs.rate, name="rate"),
    path("<str:code>/explain-breach/", verbs.explain_breach, name="explain_breach"),
    path("<str:code>/sheet/", sheet.sheet, name="sheet"),
]
