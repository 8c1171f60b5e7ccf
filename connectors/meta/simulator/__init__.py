"""A fake Facebook: Graph, a page, Messenger, and webhooks as Meta sends them. No part of the product calls it.

Besides what a platform's folder may import, this one uses `connectors.simulator`.
"""

from connectors.meta.simulator.network import Meta as network

__all__ = ["network"]
