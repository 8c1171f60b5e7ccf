"""The Chromium of this machine, for the tests that drive one."""

import functools
import shutil
import subprocess

from playwright._impl._driver import compute_driver_executable

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@functools.cache
def find_chromium() -> str | None:
    """The path of one that starts, where Playwright's driver does too; else None.

    Ubuntu's `chromium-browser` may only tell of another package, and the driver needs a libatomic that bare
    images lack.
    """
    if not starts(compute_driver_executable()[0]):
        return None
    return next((path for name in NAMES if (path := shutil.which(name)) and starts(path)), None)


def starts(program: str) -> bool:
    return subprocess.run([program, "--version"], capture_output=True).returncode == 0
