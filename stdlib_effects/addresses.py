"""Connecting to addresses that requests may go to, and to no others.

A name is resolved once, here, and one of the addresses that were checked is connected to, so that no second answer can
be another one. TLS and the `Host` header go by the name, as ever.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import ip_address

import httpcore

from cellc.stdlib_effects.networks import Reach


class AddressRefused(Exception):  # noqa: N818 -- named for what it says of the address
    """A host has no address that requests may go to."""


class CheckedBackend(httpcore.AnyIOBackend):
    """Connects to the addresses of a host that `reach` allows, and to no other. Raises AddressRefused."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature of the interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve `host`, and connect to the first of its allowed addresses that answers."""
        found = await _resolved(host, port, timeout)
        allowed = [address for address in found if self._reach.allows(ip_address(address.partition("%")[0]))]
        if not allowed:
            raise AddressRefused(f"{host} is {', '.join(found)}, which is no public address and not allowed here")
        problem: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in allowed:
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as reason:
                problem = problem or reason
        raise problem or httpcore.ConnectError(f"{host} has no address")


async def _resolved(host: str, port: int, seconds: float | None) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as problem:
        raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from problem
    except OSError as problem:
        raise httpcore.ConnectError(str(problem)) from problem
    return [*dict.fromkeys(str(address[0]) for *_, address in found)]
