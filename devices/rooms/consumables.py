"""What the house is told of consumables, orders and run data."""


def register() -> None:
    """Called once, when the apps are ready."""
