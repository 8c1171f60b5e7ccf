"""One small pool of connections to Valkey for a process. Short time-outs: it is a helper, never the truth."""

from functools import cache

import redis
from django.conf import settings


@cache
def valkey() -> "redis.Redis":
    """Raises redis.RedisError when it does not answer; every caller has something sensible to do then."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=2.0)
