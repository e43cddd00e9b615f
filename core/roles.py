"""The seven roles, named once. What each may be called in which language stands with memberships."""

CLERK, SUPERVISOR, LEADER = "clerk", "supervisor", "leader"
ENGINEER, MANAGER, AUDITOR, ADMIN = "engineer", "manager", "auditor", "admin"
ROLES = (CLERK, SUPERVISOR, LEADER, ENGINEER, MANAGER, AUDITOR, ADMIN)
CLIENT_ROLES = (CLERK, SUPERVISOR, LEADER)
STAFF_ROLES = (ENGINEER, MANAGER)
BUSINESS_ROLES = (*CLIENT_ROLES, *STAFF_ROLES, AUDITOR)
"""Everybody with a part in the contract's work; the administrator has none."""
