from sla.models.clock import Alert, Clock, ClockEvent, ClockExemption, Heartbeat
from sla.models.policy import Policy

__all__ = ["Alert", "Clock", "ClockEvent", "ClockExemption", "Heartbeat", "Policy"]
