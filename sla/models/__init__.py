from sla.models.clock import Alert, Clock, ClockEvent, Heartbeat
from sla.models.policy import Policy

__all__ = ["Alert", "Clock", "ClockEvent", "Heartbeat", "Policy"]
