"""Routes of records."""

from django.urls import path

from records.views.chain import chain, chain_verify
from records.views.files import attachment, signature_image
from records.views.handover import handover, handover_page, handover_unlock
from records.views.links import issue_link, link_code, link_landing, link_open, link_page, link_progress, revoke_link
from records.views.paper import confirm, paper, refuse, upload
from records.views.people import anonymise
from records.views.several import several
from records.views.sign import sign
from records.views.verify import verify
from records.views.versions import versions

app_name = "records"
urlpatterns = [
    path("sign/link/", link_landing, name="link"),
    path("sign/link/open/", link_open, name="link_open"),
    path("sign/link/code/", link_code, name="link_code"),
    path("sign/link/page/", link_page, name="link_page"),
    path("sign/handover/", handover_page, name="handover_page"),
    path("sign/handover/unlock/", handover_unlock, name="handover_unlock"),
    path("sign-links/<int:link_id>/", link_progress, name="link_progress"),
    path("sign-links/<int:link_id>/revoke/", revoke_link, name="revoke_link"),
    path("sign/several/", several, name="several"),
    path("people/<int:pk>/anonymise/", anonymise, name="anonymise"),
    path("records/chain/", chain, name="chain"),
    path("records/chain/verify/", chain_verify, name="chain_verify"),
    path("v/<str:code>/", verify, name="verify"),
    path("sign/<slug:subject_type>/<int:subject_id>/versions/", versions, name="versions"),
    path("sign/<slug:subject_type>/<int:subject_id>/<slug:purpose>/", sign, name="sign"),
    path("sign/<slug:subject_type>/<int:subject_id>/<slug:purpose>/link/", issue_link, name="issue_link"),
    path("sign/<slug:subject_type>/<int:subject_id>/<slug:purpose>/handover/", handover, name="handover"),
    path("sign/<slug:subject_type>/<int:subject_id>/<slug:purpose>/paper/", upload, name="paper_upload"),
    path("sign-papers/<int:sheet_id>/", paper, name="paper"),
    path("sign-papers/<int:sheet_id>/confirm/", confirm, name="paper_confirm"),
    path("sign-papers/<int:sheet_id>/refuse/", refuse, name="paper_refuse"),
    path("attachments/<int:attachment_id>/", attachment, name="attachment"),
    path("signatures/<int:signature_id>/image.png", signature_image, name="signature_image"),
]
