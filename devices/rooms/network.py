"""What the house is told of addresses, registrations, extensions, links and the topology."""


def register() -> None:
    """Called once, when the apps are ready."""
