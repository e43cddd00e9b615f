"""What the house is told of devices themselves."""


def register() -> None:
    """Called once, when the apps are ready."""
