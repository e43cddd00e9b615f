"""What the check of the records found, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from records.chain import SYSTEM_CHAIN

WORDS = {
    "changed": gettext_noop("The entry was changed"),
    "entry_gone": gettext_noop("The entry was deleted"),
    "gap": gettext_noop("A link of the chain is missing"),
    "order": gettext_noop("The links are not in their order"),
    "head": gettext_noop("The head does not fit the newest link"),
    "cut": gettext_noop("The newest entries were cut off: an anchored head is not there any more"),
    "anchor": gettext_noop("The chain differs from the anchored head"),
    "anchor_seal": gettext_noop("The seal of an anchored head does not fit"),
    "anchor_key": gettext_noop("An anchored head was sealed with an unknown key"),
    "anchor_order": gettext_noop("The anchored heads are not in their order"),
    "no_anchor": gettext_noop("There is no anchored head"),
    "no_link": gettext_noop("The entry is in no chain"),
    "no_trigger": gettext_noop("The database does not refuse changes: a trigger is missing"),
    "signature": gettext_noop("The signature was changed: its seal does not fit"),
    "signature_key": gettext_noop("The signature was sealed with an unknown key"),
    "file_gone": gettext_noop("The file is missing"),
    "file_changed": gettext_noop("The file was changed"),
}
COUNTED_WORDS = {
    "entries": gettext_lazy("Entries"),
    "links": gettext_lazy("Links of the chains"),
    "anchors": gettext_lazy("Anchored heads"),
    "signatures": gettext_lazy("Signatures"),
    "attachments": gettext_lazy("Files"),
    "found": gettext_lazy("Findings"),
}


def finding_words(finding: Mapping[str, Any]) -> str:
    """One finding as a sentence: what, and where."""
    parts = [_(WORDS.get(finding["what"], finding["what"]))]
    if finding.get("chain") is not None:
        parts.append(chain_words(finding["chain"]))
    if finding.get("seq"):
        parts.append(_("link %(seq)s") % {"seq": finding["seq"]})
    if finding.get("place"):
        parts.append(finding["place"])
    return " · ".join(parts)


def chain_words(chain: int) -> str:
    """What a chain is called."""
    return _("the system's chain") if chain == SYSTEM_CHAIN else _("chain of contract %(pk)s") % {"pk": chain}
