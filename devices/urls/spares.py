"""Routes of stock and loans."""

from django.urls import URLPattern, path

from devices.views import loans, spares

urlpatterns: list[URLPattern] = [
    path("spares/", spares.part_list, name="spares"),
    path("spares/export/", spares.part_export, name="spares_export"),
    path("spares/movements/export/", spares.movement_export, name="spare_movements_export"),
    path("spares/add/", spares.add, name="spare_add"),
    path("spares/count/", spares.count, name="spare_count"),
    path("spares/count/sheet/", spares.count_sheet, name="spare_count_sheet"),
    path("spares/cover/", spares.cover, name="spare_cover"),
    path("spares/movements/<int:pk>/reverse/", spares.reverse_movement, name="spare_reverse"),
    path("spares/<int:pk>/", spares.part_page, name="spare"),
    path("spares/<int:pk>/edit/", spares.edit, name="spare_edit"),
    path("spares/<int:pk>/move/", spares.move, name="spare_move"),
    path("loans/", loans.loan_list, name="loans"),
    path("loans/export/", loans.loan_export, name="loans_export"),
    path("loans/add/", loans.add, name="loan_add"),
    path("loans/<str:code>/", loans.loan_page, name="loan"),
    path("loans/<str:code>/edit/", loans.edit, name="loan_edit"),
    path("loans/<str:code>/hand-out/", loans.hand_out, name="loan_hand_out"),
    path("loans/<str:code>/return/", loans.give_back, name="loan_return"),
    path("loans/<str:code>/extend/", loans.extend, name="loan_extend"),
    path("loans/<str:code>/cancel/", loans.cancel, name="loan_cancel"),
    path("loans/<str:code>/slip/", loans.slip, name="loan_slip"),
    path("<str:code>/loans/", loans.device_loans, name="device_loans"),
    path("<str:code>/swap/", loans.swap, name="spare_swap"),
    path("<str:code>/no-spare/", loans.refuse, name="spare_refuse"),
]
