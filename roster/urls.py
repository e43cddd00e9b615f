"""Routes of the roster."""

from django.urls import path

from roster.views import attendance, comp_off, leaves, posts, shifts, week

app_name = "roster"
urlpatterns = [
    path("", week.week, name="week"),
    path("month/", week.month, name="month"),
    path("export/", week.export, name="export"),
    path("print/", week.sheet, name="print"),
    path("mine/", week.mine, name="mine"),
    path("shifts/add/", shifts.add, name="shift_add"),
    path("shifts/<int:pk>/", shifts.change, name="shift_change"),
    path("shifts/<int:pk>/cancel/", shifts.cancel, name="shift_cancel"),
    path("copy/", shifts.copy, name="copy"),
    path("generate/", shifts.generate, name="generate"),
    path("posts/", posts.post_list, name="posts"),
    path("posts/<int:pk>/", posts.post, name="post"),
    path("rotations/add/", posts.rotation_new, name="rotation_add"),
    path("rotations/<int:pk>/end/", posts.rotation_stop, name="rotation_end"),
    path("leaves/", leaves.leave_list, name="leaves"),
    path("leaves/request/", leaves.request_leave, name="leave_request"),
    path("leaves/<int:pk>/", leaves.leave, name="leave"),
    path("leaves/<int:pk>/approve/", leaves.approve, name="leave_approve"),
    path("leaves/<int:pk>/refuse/", leaves.refuse, name="leave_refuse"),
    path("leaves/<int:pk>/withdraw/", leaves.withdraw, name="leave_withdraw"),
    path("attendance/", attendance.attendance, name="attendance"),
    path("attendance/export/", attendance.export, name="attendance_export"),
    path("attendance/<int:pk>/enter/", attendance.enter, name="check_in_enter"),
    path("check-in/<int:pk>/", attendance.check_in_now, name="check_in"),
    path("comp-off/", comp_off.balances_page, name="comp_off"),
    path("comp-off/export/", comp_off.export, name="comp_off_export"),
    path("comp-off/<int:pk>/", comp_off.person, name="comp_off_person"),
]
