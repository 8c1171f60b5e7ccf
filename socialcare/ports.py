"""Which of this machine's ports are free, and who holds one that is not."""

import contextlib
import errno
import socket

PLACES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def is_free(port: int) -> bool:
    """On both of loopback's addresses: a browser tries either for `localhost`."""
    return all(_is_free(family, place, port) for family, place in PLACES)


def _is_free(family: socket.AddressFamily, place: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((place, port))
            probe.listen()
    except OSError as problem:
        # A machine without IPv6 has no such address.
        return problem.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


def holder(port: int) -> str:
    """Who listens there, as `python3 (process 12)`; another user's process does not tell."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for one in psutil.net_connections("tcp"):
            if one.laddr and one.laddr.port == port and one.status == psutil.CONN_LISTEN and one.pid:
                return f"{psutil.Process(one.pid).name()} (process {one.pid})"
    return "another process"
