"""Where requests may go: by the address that is connected to, whatever it is called and however it is written."""

import asyncio
import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from cellc.runtime.ports import Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.networks import Reach, carried
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings
from tests.effects.test_http import FixedClock, Server, server

__all__ = ["server"]  # the fixture

PUBLIC_ONLY = Reach(())


def get(url: str, reach: Reach) -> Outcome:
    async def ask() -> Outcome:
        handlers = StandardHandlers(Surroundings(FixedClock(), print, reach=reach))
        try:
            handler = handlers.get("http.get")
            assert handler is not None
            return await handler.perform(Request("http.get", {"url": url}, "key", 1, 5))
        finally:
            await handlers.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("64:ff9b::a9fe:a9fe", "169.254.169.254"),
        ("::ffff:169.254.169.254", "169.254.169.254"),
        ("64:ff9b:1::a00:1", "10.0.0.1"),
        ("2002:a00:1::", "10.0.0.1"),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "10.0.0.1"),
        ("2606:4700::1111", "2606:4700::1111"),
    ],
)
def test_the_address_that_another_carries_counts(written: str, real: str) -> None:
    assert carried(ip_address(written)) == ip_address(real)


ALWAYS_REFUSED = ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "240.0.0.1"]  # noqa: S104 -- refused
NEAR = ["127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"]


@pytest.mark.parametrize("address", ALWAYS_REFUSED)
def test_some_addresses_are_never_asked(address: str) -> None:
    assert not Reach().allows(ip_address(address))
    assert not PUBLIC_ONLY.allows(ip_address(address))


@pytest.mark.parametrize("address", NEAR)
def test_this_machine_and_private_networks_are_asked_unless_networks_are_named(address: str) -> None:
    assert Reach().allows(ip_address(address))
    assert not PUBLIC_ONLY.allows(ip_address(address))


def test_networks_that_are_named_are_asked_and_no_others() -> None:
    reach = Reach((ip_network("10.1.0.0/16"),))
    assert [reach.allows(ip_address(text)) for text in ("10.1.2.3", "10.2.0.1", "127.0.0.1", "8.8.8.8")] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_server_on_this_machine_is_refused_where_it_is_not_allowed(server: Server) -> None:
    found = get(server.url, PUBLIC_ONLY)
    words = "GET 127.0.0.1/: 127.0.0.1 is 127.0.0.1, which is no public address and not allowed here"
    assert found == Permanent(words)
    assert server.seen == []


@pytest.mark.parametrize("host", ["[::ffff:127.0.0.1]", "localhost", "127.1", "0x7f000001", "2130706433"])
def test_no_way_of_writing_it_leads_past(host: str, server: Server) -> None:
    found = get(f"http://{host}:{server.port}/", PUBLIC_ONLY)
    assert isinstance(found, Permanent | Transient)
    assert server.seen == []


class Names:
    """Names that resolve as a test says, one answer after the other."""

    def __init__(self, real: Any, *answers: list[str]) -> None:
        self._real = real
        self.answers = [*answers]
        self.asked = 0

    def __call__(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host != "shop.test":
            return self._real(host, port, *more, **named)
        self.asked += 1
        given = self.answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in given]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", made)
    return made


def test_a_name_is_resolved_once_and_what_was_checked_is_asked_under_its_name(server: Server, names: Names) -> None:
    names.answers = [["127.0.0.1"], ["169.254.169.254"]]
    assert isinstance(get(f"http://shop.test:{server.port}/", Reach()), Result)
    assert names.asked == 1
    assert server.seen[0].headers["host"] == f"shop.test:{server.port}"


def test_of_several_addresses_only_those_that_are_allowed_are_asked(server: Server, names: Names) -> None:
    names.answers = [["169.254.169.254", "127.0.0.1"]]
    assert isinstance(get(f"http://shop.test:{server.port}/", Reach()), Result)


def test_a_name_that_has_only_refused_addresses_is_refused(names: Names) -> None:
    names.answers = [["169.254.169.254"]]
    found = get("http://shop.test/latest/meta-data", Reach())
    assert found == Permanent(
        "GET shop.test/latest/meta-data: shop.test is 169.254.169.254, which is no public address and not allowed here"
    )


def test_a_proxy_of_the_environment_is_no_way_around(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("ALL_PROXY", server.url)
    assert isinstance(get("http://169.254.169.254/latest", Reach()), Permanent)
    assert server.seen == []
