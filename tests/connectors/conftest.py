"""What the tests of the simulator share."""

from tests.connectors.stand import receiver, stand
from tests.connectors.twitter.simulator_stand import x_stand
from tests.connectors.twitter.standing import desk, globex_keys

__all__ = ["desk", "globex_keys", "receiver", "stand", "x_stand"]
