"""What a webhook does not say is asked for afterwards, never inside intake: names, and the post above a comment."""

from __future__ import annotations

import logging

from celery import shared_task

from connectors import gateway
from connectors.contract import ConnectorError
from connectors.models import ChannelAccount
from inbox.actions import contacts, stories
from socialcare.background import WorkspaceTask, answer, hush

log = logging.getLogger(__name__)
# After a failure nothing is asked for so many seconds: names can wait.
QUIET = 30.0


@shared_task(base=WorkspaceTask)
def enrich(account_id: int) -> None:
    """Ask for a bounded number of names and posts of one account; each is asked for once."""
    answer(f"enrich:{account_id}")
    account = ChannelAccount.objects.select_related("app").get(pk=account_id)
    try:
        for identity in contacts.nameless(account):
            contacts.profile_came(identity, gateway.profile(account, identity.external_id))
        for thread_id in stories.missing(account):
            stories.came(account, thread_id, gateway.look_up(account, thread_id))
    except ConnectorError as error:
        hush(f"enrich:{account_id}", QUIET)
        log.info("asking for names and posts of account %s ended: %s", account_id, type(error).__name__)
