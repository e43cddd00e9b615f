"""Routes of tickets: appointments, waiting, verification, reassignment, reopening, archiving; cause codes."""

from django.urls import path

from tickets.views import flow

urlpatterns = [
    path("causes/", flow.causes, name="causes"),
    path("causes/standard/", flow.causes_standard, name="causes_standard"),
    path("causes/<int:pk>/", flow.cause, name="cause"),
    path("<str:code>/schedule/", flow.schedule, name="schedule"),
    path("<str:code>/reschedule/", flow.reschedule, name="reschedule"),
    path("<str:code>/remote-end/", flow.remote_end, name="remote_end"),
    path("<str:code>/wait-customer/", flow.wait_customer, name="wait_customer"),
    path("<str:code>/ask-part/", flow.ask_part, name="ask_part"),
    path("<str:code>/wait-part/", flow.wait_part, name="wait_part"),
    path("<str:code>/refuse-part/", flow.refuse_part, name="refuse_part"),
    path("<str:code>/go-on/", flow.go_on, name="go_on"),
    path("<str:code>/verify/", flow.verify, name="verify"),
    path("<str:code>/refuse-work/", flow.refuse_work, name="refuse_work"),
    path("<str:code>/reassign/", flow.reassign, name="reassign"),
    path("<str:code>/correct/", flow.correct, name="correct"),
    path("<str:code>/reopen/", flow.reopen, name="reopen"),
    path("<str:code>/archive/", flow.archive, name="archive"),
]
