"""The direct conversations of an account's last days, as the badge sees them."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from inbox.reports.badge import Conversation
from socialcare.tenancy import current_workspace

_CONVERSATIONS = """
SELECT t.id, w.at, t.first_answered_at, t.status = 'resolved'
FROM inbox_event e JOIN inbox_ticket t ON t.id = e.ticket_id
CROSS JOIN LATERAL (SELECT min(m.at) AS at FROM inbox_message m
    WHERE m.ticket_id = t.id AND m.origin = 'customer' AND NOT m.standby) w
WHERE e.workspace_id = %(workspace)s AND e.verb IN ('opened', 'follow_up') AND e.at >= %(since)s
    AND t.account_id = %(account)s AND t.kind = 'direct' AND w.at IS NOT NULL
"""


def conversations(account_id: int, since: datetime) -> list[Conversation]:
    """Those we heard of since then. What another app had to answer is none of ours."""
    with connection.cursor() as cursor:
        cursor.execute(_CONVERSATIONS, {"workspace": current_workspace(), "since": since, "account": account_id})
        return [Conversation(*row) for row in cursor.fetchall()]
