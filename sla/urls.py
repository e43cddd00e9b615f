"""Routes of sla."""

from django.urls import path

from sla.views import board, policies, verbs, wall
from sla.views.healthz import healthz
from sla.views.why import why

app_name = "sla"
urlpatterns = [
    path("promises/", board.board, name="board"),
    path("promises/rows/", board.board_rows, name="board_rows"),
    path("promises/export/", board.board_export, name="board_export"),
    path("promises/wall/", wall.wall, name="wall"),
    path("promises/wall/rows/", wall.wall_rows, name="wall_rows"),
    path("promises/policies/", policies.policies, name="policies"),
    path("promises/policies/<int:pk>/", policies.policy, name="policy"),
    path("promises/policies/<int:pk>/publish/", policies.publish, name="publish"),
    path("clocks/<int:pk>/why/", why, name="why"),
    path("clocks/<int:pk>/exempt/", verbs.exempt, name="exempt"),
    path("clocks/<int:pk>/decide/", verbs.decide, name="decide"),
    path("clocks/<int:pk>/explain/", verbs.explain, name="explain"),
    path("clocks/<int:pk>/amend/", verbs.amend, name="amend"),
    path("healthz", healthz, name="healthz"),
]
