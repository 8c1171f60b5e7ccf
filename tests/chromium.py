"""The Chromium of this machine, for the tests that drive one."""

import functools
import shutil
import subprocess

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@functools.cache
def find_chromium() -> str | None:
    """The path of one that starts: Ubuntu's `chromium-browser` may be a note that tells of another package."""
    for name in NAMES:
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    return None
