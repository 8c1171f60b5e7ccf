"""What the tests of the simulator share."""

from tests.connectors.stand import receiver, stand
from tests.connectors.twitter.simulator_stand import x_stand

__all__ = ["receiver", "stand", "x_stand"]
