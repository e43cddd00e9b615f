"""Routes of tickets: paper for outages, later entry, external numbers, hand-over of a shift."""

from django.urls import path

from tickets.views import grid, handovers, outage

urlpatterns = [
    path("paper/", outage.paper, name="paper"),
    path("paper/<int:pk>/", outage.paper_sheets, name="paper_sheets"),
    path("late/", outage.late_list, name="late_list"),
    path("late/new/", outage.late_new, name="late_new"),
    path("late/<int:pk>/", outage.late_page, name="late"),
    path("late/<int:pk>/confirm/", outage.confirm, name="late_confirm"),
    path("late/<int:pk>/refuse/", outage.refuse, name="late_refuse"),
    path("grid/", grid.grid_list, name="grid"),
    path("grid/<int:pk>/", grid.grid_page, name="grid_batch"),
    path("grid/<int:pk>/take/", grid.grid_take, name="grid_take"),
    path("grid/<int:pk>/lay-aside/", grid.grid_lay_aside, name="grid_lay_aside"),
    path("grid/<int:pk>/take-back/", grid.grid_take_back, name="grid_take_back"),
    path("handovers/", handovers.handover_list, name="handovers_open"),
    path("handovers/new/", handovers.handover_new, name="handover_new"),
    path("handovers/<int:pk>/", handovers.handover_page, name="handover_open"),
    path("handovers/<int:pk>/take-back/", handovers.take_back, name="handover_take_back"),
]
