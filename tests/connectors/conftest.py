"""What the tests of the simulator share."""

from tests.connectors.stand import receiver, stand
from tests.connectors.twitter.simulator_stand import x_stand
from tests.connectors.twitter.standing import desk, globex

__all__ = ["desk", "globex", "receiver", "stand", "x_stand"]
