from records.models.attachment import Attachment
from records.models.audit import AuditEntry, Source, Visibility
from records.models.guess import GuessCount
from records.models.signature import Purpose, Signature, SignLink, Way

__all__ = ["Attachment", "AuditEntry", "GuessCount", "Purpose", "SignLink", "Signature", "Source", "Visibility", "Way"]
