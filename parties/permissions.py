"""Who may do what with people and organisations. The administrator of a contract administers its people, and no others."""

from core.roles import ADMIN, MANAGER
from parties.models import Contract, User
from parties.querysets import administered_contracts, local_today, open_contracts_of, role_in


def can_administer(actor: User, contract: Contract) -> bool:
    """Whether the actor is an administrator of the contract today."""
    return role_in(actor, contract.pk) == ADMIN


def can_keep_contacts(actor: User, contract: Contract) -> bool:
    """Whether the actor keeps vendors and contacts up to date: administrators, and the manager who calls them."""
    return role_in(actor, contract.pk) in (ADMIN, MANAGER)


def can_administer_account(actor: User, user: User) -> bool:
    """Whether the actor may act on the account itself: only who administers every contract in which it works or will work.

    Otherwise an administrator of one hall could take over, by a reset link, an account that also works in another. A term of the
    actor's own hall that is over needs no administrator of its own.
    """
    mine = set(administered_contracts(actor))
    if not user.memberships.filter(contract_id__in=mine).exists():
        return False
    others = open_contracts_of(user) - mine
    halls = Contract.objects.filter(pk__in=mine).values("hall_id")
    over = Contract.objects.filter(pk__in=others, ends_on__lt=local_today(), hall_id__in=halls)
    return others <= set(over.values_list("pk", flat=True))
