"""Secret links stay out of the logs."""

import logging
import re

TOKEN = re.compile(r"(/(?:wall|join)/)[^/\s?\"']+")


class Veil(logging.Filter):
    """Replaces the secret part of an address in what is about to be written."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        veiled = TOKEN.sub(r"\1…", said)
        if veiled != said:
            record.msg, record.args = veiled, ()
        return True
