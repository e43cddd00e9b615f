"""What the house is told of stock and loans."""


def register() -> None:
    """Called once, when the apps are ready."""
