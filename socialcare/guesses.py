"""Wrong guesses at secret links, counted by address: a few are typing errors."""

import redis

from socialcare.valkey import valkey

ALLOWED, WITHIN = 20, 60


def too_many(address: str) -> bool:
    """Count a wrong guess; whether this address has made more than it may within a minute.

    Without Valkey nothing is counted: a link has more than a hundred random bits.
    """
    key = f"guesses:{address}"
    try:
        both = valkey().pipeline()
        both.incr(key)
        both.expire(key, WITHIN, nx=True)
        made = both.execute()[0]
    except redis.RedisError:
        return False
    return int(made) > ALLOWED
