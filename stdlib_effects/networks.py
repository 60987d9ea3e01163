"""Which addresses requests may go to: a program that is given a URL must not be led into what only this machine sees.

What counts is the address itself, and the one inside it where an IPv6 address carries an IPv4 one.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NEAR: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""This machine and private networks: allowed where nothing else is said. Link-local addresses are not among them: those
of clouds give away the credentials of their machines."""

_NAT64 = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))
_SIX_TO_FOUR = IPv6Network("2002::/16")


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses that requests may go to: public ones, and those of `networks`."""

    networks: tuple[Network, ...] = NEAR

    def allows(self, address: Address) -> bool:
        """Return whether requests may go to an address."""
        real = carried(address)
        if real.is_multicast or real.is_unspecified:
            return False
        return real.is_global or any(real in network for network in self.networks if network.version == real.version)


def carried(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries (mapped, NAT64, 6to4, Teredo), else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address
