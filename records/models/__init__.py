from records.models.attachment import Attachment
from records.models.audit import AuditEntry, Source, Visibility
from records.models.chain import AuditLink, Break, ChainHead, PersonKey, Verification
from records.models.guess import GuessCount
from records.models.paper import PaperSheet, PaperState
from records.models.signature import Identity, Purpose, Signature, SignLink, Way

__all__ = [
    "Attachment",
    "AuditEntry",
    "AuditLink",
    "Break",
    "ChainHead",
    "GuessCount",
    "Identity",
    "PaperSheet",
    "PaperState",
    "PersonKey",
    "Purpose",
    "SignLink",
    "Signature",
    "Source",
    "Verification",
    "Visibility",
    "Way",
]
