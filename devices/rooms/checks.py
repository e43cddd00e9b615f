"""What the house is told of stocktakes, fire-linkage tests, rights checks and hand-over lists."""


def register() -> None:
    """Called once, when the apps are ready."""
