"""What the house is told of doors and access cards."""


def register() -> None:
    """Called once, when the apps are ready."""
