from notifications.models.channels import (
    PERSONAL,
    ROBOTS,
    Channel,
    ChannelChoice,
    ChannelConfig,
    InternalTarget,
)
from notifications.models.outbox import Delivery, DeliveryState, Message

__all__ = [
    "PERSONAL",
    "ROBOTS",
    "Channel",
    "ChannelChoice",
    "ChannelConfig",
    "Delivery",
    "DeliveryState",
    "InternalTarget",
    "Message",
]
