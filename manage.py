#!/usr/bin/env python
"""The product's commands: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run a management command with the house's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guarantee.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
