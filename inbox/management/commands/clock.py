"""The clock process."""

import logging
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from inbox import watch

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Breach promises, wake workers and note who has gone, to the moment. Run one; a second one takes over."

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        while True:
            try:
                watch.run_until_stopped()
            except KeyboardInterrupt:
                return
            except (DatabaseError, InterfaceError, OSError, ValueError) as error:
                log.warning("the clock lost the database (%s) and begins anew", type(error).__name__)
                connection.close()
                time.sleep(0.5)
