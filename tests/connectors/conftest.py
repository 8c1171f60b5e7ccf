"""What the tests of the simulator share."""

from tests.connectors.stand import receiver, stand

__all__ = ["receiver", "stand"]
