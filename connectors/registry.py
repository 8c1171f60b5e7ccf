"""Finds the platforms: every folder here that has a platform.py is one."""

from functools import cache
from importlib import import_module
from pathlib import Path

from connectors.contract import Channel, Platform

HERE = Path(__file__).parent


@cache
def platforms() -> dict[str, Platform]:
    found = {}
    for file in sorted(HERE.glob("*/platform.py")):
        platform: Platform = import_module(f"connectors.{file.parent.name}.platform").platform
        found[platform.name] = platform
    return found


@cache
def channels() -> dict[str, tuple[Platform, Channel]]:
    return {channel.name: (platform, channel) for platform in platforms().values() for channel in platform.channels}


def channel(name: str) -> Channel:
    return channels()[name][1]
