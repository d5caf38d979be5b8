"""A second rack (``RAIL_PATH``), for audiences that go to two places."""

from tests.activation.toy.rack import *  # noqa: F403
