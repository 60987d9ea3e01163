"""`kill -9` of the real process in the middle of the order example, then `cellc resume`: nothing lost, nothing twice.

The moments are events, not times: the payment service has booked a charge and not yet answered, or the process has told
of its n-th durable event.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from shop import ORDERS, PROGRAM, STOCK, Shop, open_shop

from tests.postgres_server import Database

RUN = ["run", str(PROGRAM), "--input", str(ORDERS)]
EVENTS = 46
"""About as many lines as an undisturbed run tells; later moments find the run ended."""

CHARGED = re.compile(r"completed\s+day/outcomes\[(\d)\]/done/receipt/receipt ")


def start(shop: Shop, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cellc", *arguments],
        env={**shop.environment, "CELLC_CACHE": str(shop.folder.parent / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def comparable(result: dict[str, Any]) -> list[Any]:
    """A day's result without the tracking labels, which are random."""
    outcomes = [{**o, "parcels": [p["sku"] for p in o.get("parcels", [])]} for o in result["outcomes"]]
    return [outcomes, result["shipped"], result["takings"]]


@dataclass
class Killer:
    """Kills the current process when a charge for `order` is booked, `times` times."""

    order: str | None = None
    times: int = 0
    process: "subprocess.Popen[str] | None" = None
    done: list[str] = field(default_factory=list)

    def before_answer(self, order: str) -> None:
        if order == self.order and len(self.done) < self.times and self.process:
            kill(self.process)
            self.done.append(order)


Open = Callable[..., Shop]


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Open]:
    """Open a shop in a folder of its own; all are closed at the end."""
    with ExitStack() as closing:

        def open_one(name: str, killer: Killer | None = None) -> Shop:
            (tmp_path / name).mkdir()
            before_answer = killer.before_answer if killer else lambda _order: None
            return closing.enter_context(open_shop(tmp_path / name, before_answer))

        yield open_one


def finish(process: "subprocess.Popen[str]") -> Any:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return json.loads(out)


def expect_undisturbed(shop: Shop, result: dict[str, Any], undisturbed: Shop, expected: dict[str, Any]) -> None:
    assert comparable(result) == comparable(expected)
    assert shop.stock() == undisturbed.stock()
    assert {o: book["charges"] for o, book in shop.charges().items()} == {
        o: book["charges"] for o, book in undisturbed.charges().items()
    }
    assert {book["charges"] for book in undisturbed.charges().values()} == {0, 1}


@pytest.fixture
def undisturbed(shops: Open) -> tuple[Shop, dict[str, Any]]:
    shop = shops("undisturbed")
    return shop, finish(start(shop, *RUN))


def test_a_day_of_orders(undisturbed: tuple[Shop, dict[str, Any]]) -> None:
    _, result = undisturbed
    told = [(o["status"], o.get("charged"), o.get("reason")) for o in result["outcomes"]]
    assert told == [
        ("shipped", "32.90", None),
        ("shipped", "39.00", None),
        ("declined", None, "the card's limit is 2000"),
        ("out_of_stock", None, "no LMP-0007 left"),
        ("shipped", "665.00", None),
        ("shipped", "7.90", None),
    ]
    assert (result["shipped"], result["takings"]) == (4, "744.80")


@pytest.mark.parametrize("order", [1, 3, 6])
@pytest.mark.parametrize("times", [1, 3])
def test_killed_when_a_charge_is_booked_and_unanswered(
    shops: Open, undisturbed: tuple[Shop, dict[str, Any]], order: int, times: int
) -> None:
    killer = Killer(f"00000000-0000-4000-8000-{order:012}", times)
    shop = shops("killed", killer)
    killer.process = start(shop, *RUN)
    while killer.process.wait() == -signal.SIGKILL:
        killer.process.communicate()
        killer.process = start(shop, "resume")
    result = finish(killer.process)
    assert len(killer.done) == times
    expect_undisturbed(shop, result["output"], *undisturbed)
    assert shop.charges()[killer.order or ""]["requests"] == times + 1


def test_the_stock_may_be_kept_in_postgres(
    shops: Open, undisturbed: tuple[Shop, dict[str, Any]], postgres_database: Database
) -> None:
    """By another URL alone; killed in the middle, too."""
    postgres_database.change("CREATE TABLE stock (sku text PRIMARY KEY, qty int NOT NULL CHECK (qty >= 0))")
    with postgres_database.connect() as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO stock VALUES (%s, %s)", list(STOCK.items()))
    killer = Killer(f"00000000-0000-4000-8000-{3:012}", 1)
    shop = shops("postgres", killer)
    shop = replace(shop, environment={**shop.environment, "STOCK_DB": postgres_database.url})
    killer.process = start(shop, *RUN)
    assert killer.process.wait() == -signal.SIGKILL
    killer.process.communicate()
    result = finish(start(shop, "resume"))
    assert comparable(result["output"]) == comparable(undisturbed[1])
    assert shop.stock() == STOCK, "the file was touched"
    assert dict(postgres_database.read("SELECT sku, qty FROM stock")) == undisturbed[0].stock()
    assert not _holding_the_password(shop)


def _holding_the_password(shop: Shop) -> list[Path]:
    """Return the files beside the shop that have a part of the database's password."""
    return [path for path in shop.folder.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


def run_until_told(shop: Shop, lines: int) -> list[str]:
    """Run the day, kill it when it has told of so many events, and return them."""
    process = start(shop, *RUN)
    assert process.stderr
    told = [line for line, _ in zip(iter(process.stderr.readline, ""), range(lines), strict=False)]
    kill(process)
    process.communicate()
    return told


def expect_resumed(shops: Open, undisturbed: tuple[Shop, dict[str, Any]], lines: int) -> None:
    shop = shops(f"killed-{lines}")
    told = run_until_told(shop, lines)
    out, err = start(shop, "resume").communicate()
    if "no run is unfinished" in err:
        shown = start(shop, "runs", "--format=json").communicate()[0]
        (run,) = json.loads(shown)
        result = finish(start(shop, "show", run["run"], "--format=json"))["output"]
    else:
        result = json.loads(out)["output"]
    expect_undisturbed(shop, result, *undisturbed)
    for index in (int(found.group(1)) for line in told if (found := CHARGED.search(line))):
        order = result["outcomes"][index]["order"]
        assert shop.charges()[order]["requests"] == 1, "a recorded charge was asked for again"


@pytest.mark.parametrize("lines", [1, 9, 20])
def test_killed_after_an_event(shops: Open, undisturbed: tuple[Shop, dict[str, Any]], lines: int) -> None:
    expect_resumed(shops, undisturbed, lines)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_after_any_event(shops: Open, undisturbed: tuple[Shop, dict[str, Any]]) -> None:
    for lines in range(2, EVENTS):
        expect_resumed(shops, undisturbed, lines)
