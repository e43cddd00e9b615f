"""What the house is told of changes, configuration and change orders."""


def register() -> None:
    """Called once, when the apps are ready."""
