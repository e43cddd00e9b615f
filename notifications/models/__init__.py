from notifications.models.outbox import Channel, Delivery, DeliveryState, Message

__all__ = ["Channel", "Delivery", "DeliveryState", "Message"]
