"""The keyboard's help sheet: no two keys for one role, and only what the role may do. No database."""

import pytest

from core.roles import AUDITOR, ENGINEER, ROLES
from guarantee.keys import PLACES, shortcuts_for


@pytest.mark.parametrize("role", ROLES)
def test_no_two_shortcuts_of_a_role_have_the_same_keys(role: str) -> None:
    menu = [{"key": key, "label": key, "url": f"/{key}/"} for key in (*PLACES, "unknown")]
    keys = [one.keys for one in shortcuts_for(role, menu)]
    assert len(keys) == len(set(keys))
    # A key that begins a pair must do nothing alone.
    assert not {one.split(" ")[0] for one in keys if " " in one} & {one for one in keys if " " not in one}
    assert ("r" in keys) is (role in (ENGINEER, "manager"))
    assert ("s" in keys) is (role not in (AUDITOR, "admin"))
    assert ("n" in keys) is (role not in (AUDITOR, "admin"))
