"""What the house is told of the list, its search, export and import."""


def register() -> None:
    """Called once, when the apps are ready."""
