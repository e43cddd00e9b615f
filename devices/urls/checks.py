"""Routes of stocktakes, fire-linkage tests, rights checks and hand-over lists."""

from django.urls import URLPattern, path

from devices.views import check_sheets, checks, handovers, linkage, stocktakes

urlpatterns: list[URLPattern] = [
    path("checks/", checks.overview, name="checks"),
    path("checks/rights/start/", checks.rights_start, name="rights_check_start"),
    path("checks/rights/<int:pk>/", checks.rights_check, name="rights_check"),
    path("checks/rights/<int:pk>/lines/<int:line>/", checks.rights_line, name="rights_line"),
    path("checks/rights/<int:pk>/rest/", checks.rights_rest, name="rights_rest"),
    path("checks/rights/<int:pk>/compare/", checks.rights_file, name="rights_compare"),
    path("checks/rights/<int:pk>/finish/", checks.rights_end, name="rights_finish"),
    path("checks/rights/<int:pk>/sheet/", check_sheets.rights_sheet, name="rights_sheet"),
    path("checks/stocktakes/new/", stocktakes.start, name="stocktake_new"),
    path("checks/stocktakes/<int:pk>/", stocktakes.detail, name="stocktake"),
    path("checks/stocktakes/<int:pk>/count/", stocktakes.count, name="stocktake_count"),
    path("checks/stocktakes/<int:pk>/lines/<int:line>/", stocktakes.by_hand, name="stocktake_line"),
    path("checks/stocktakes/<int:pk>/lines/<int:line>/again/", stocktakes.take_back, name="stocktake_line_again"),
    path("checks/stocktakes/<int:pk>/lines/<int:line>/settle/", stocktakes.settle, name="stocktake_settle"),
    path("checks/stocktakes/<int:pk>/more/", stocktakes.more, name="stocktake_more"),
    path("checks/stocktakes/<int:pk>/more/<int:found>/", stocktakes.more_settle, name="stocktake_more_settle"),
    path("checks/stocktakes/<int:pk>/rest/", stocktakes.rest, name="stocktake_rest"),
    path("checks/stocktakes/<int:pk>/finish/", stocktakes.finish, name="stocktake_finish"),
    path("checks/stocktakes/<int:pk>/cancel/", stocktakes.cancel, name="stocktake_cancel"),
    path("checks/stocktakes/<int:pk>/export/", stocktakes.export, name="stocktake_export"),
    path("checks/stocktakes/<int:pk>/sheet/", check_sheets.stocktake_sheet, name="stocktake_sheet"),
    path("checks/linkage/new/", linkage.start, name="linkage_new"),
    path("checks/linkage/<int:pk>/", linkage.detail, name="linkage"),
    path("checks/linkage/<int:pk>/finish/", linkage.finish, name="linkage_finish"),
    path("checks/linkage/<int:pk>/reopen/", linkage.reopen, name="linkage_reopen"),
    path("checks/linkage/<int:pk>/cancel/", linkage.cancel, name="linkage_cancel"),
    path("checks/linkage/<int:pk>/sheet/", check_sheets.linkage_sheet, name="linkage_sheet"),
    path("checks/handovers/new/", handovers.start, name="handover_new"),
    path("checks/handovers/<int:pk>/", handovers.detail, name="handover"),
    path("checks/handovers/<int:pk>/items/<int:item>/", handovers.item, name="handover_item"),
    path("checks/handovers/<int:pk>/items/<int:item>/drop/", handovers.drop, name="handover_drop"),
    path("checks/handovers/<int:pk>/finish/", handovers.finish, name="handover_finish"),
    path("checks/handovers/<int:pk>/reopen/", handovers.reopen, name="handover_reopen"),
    path("checks/handovers/<int:pk>/cancel/", handovers.cancel, name="handover_cancel"),
    path("checks/handovers/<int:pk>/sheet/", check_sheets.handover_sheet, name="handover_sheet"),
]
