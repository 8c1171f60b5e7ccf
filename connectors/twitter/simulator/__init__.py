"""A fake X: API v2, OAuth, webhooks of the X Activity API and of the older one. No part of the product calls it.

Besides what a platform's folder may import, this one uses `connectors.simulator`.
"""

from connectors.twitter.simulator.network import X as network

__all__ = ["network"]
