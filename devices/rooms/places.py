"""What the house is told of places, floor plans, labels and spot checks."""


def register() -> None:
    """Called once, when the apps are ready."""
