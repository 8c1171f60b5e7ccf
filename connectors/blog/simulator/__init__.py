"""Fake blogs: WordPress sites, other people's blogs with their feeds, and a hub. No part of the product calls it.

Besides what a platform's folder may import, this one uses `connectors.simulator`.
"""

from connectors.blog.simulator.network import Blogs as network

__all__ = ["network"]
