"""What `make demo` shows: a day of orders, checked and run for real; then the same day with a crash in its middle."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shop import HERE, ORDERS, PROGRAM, Shop, open_shop

CELLC = [sys.executable, "-m", "cellc"]
CRASH_ORDER = "00000000-0000-4000-8000-000000000005"
"""The order whose charge is on the books when the process is killed, and whose answer nobody hears."""


def main() -> None:
    """Tell the story."""
    title("1. The program is checked before anything runs")
    shown("check", str(HERE), shop=None)

    title("2. A day of orders: real SQLite stock, a real payment service over HTTP")
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop:
        undisturbed = shown("run", str(PROGRAM), "--input", str(ORDERS), shop=shop)
        print_outcomes(undisturbed)
        stock = shop.stock()

    title("3. The same day, and somebody pulls the plug")
    with tempfile.TemporaryDirectory() as folder:
        after_crash, shop = crash_and_resume(Path(folder))
        print_outcomes(after_crash)
        print_charges(shop)
        same = comparable(after_crash) == comparable(undisturbed) and shop.stock() == stock
        once = all(book["charges"] == 1 for book in shop.charges().values() if book["charged"] != "0")
    print(f"Same outcomes and same stock as the undisturbed day: {yes(same)}")
    print(f"Every paid order was charged exactly once:           {yes(once)}")
    sys.exit(0 if same and once else 1)


def crash_and_resume(folder: Path) -> tuple[dict[str, Any], Shop]:
    """Kill `cellc run` when a charge is booked and unanswered, then resume; return the result and the shop."""
    killed = threading.Event()
    process: list[subprocess.Popen[str]] = []

    def before_answer(order: str) -> None:
        if order == CRASH_ORDER and not killed.is_set():
            process[0].send_signal(signal.SIGKILL)
            process[0].wait()
            killed.set()

    with open_shop(folder, before_answer) as shop:
        arguments = ["run", str(PROGRAM), "--input", str(ORDERS)]
        print_command(arguments)
        process.append(start(arguments, shop))
        killed.wait()
        print(f"    kill -9: order {CRASH_ORDER[-1]} is charged, and the answer is lost\n")
        return shown("resume", shop=shop), shop


def shown(*arguments: str, shop: Shop | None) -> dict[str, Any]:
    """Run cellc and show the command; return the JSON that it prints for programs."""
    print_command(arguments)
    process = start(arguments, shop)
    output, problems = process.communicate()
    if process.returncode != 0:
        sys.exit(problems or process.returncode)
    if arguments[0] == "check":
        print(output)
        return {}
    result: dict[str, Any] = json.loads(output)
    return result.get("output", result)


def start(arguments: Sequence[str], shop: Shop | None) -> "subprocess.Popen[str]":
    """Start cellc as its own process. Its progress is shown where it can be a live tree."""
    environment = shop.environment if shop else os.environ
    progress = None if sys.stderr.isatty() else subprocess.PIPE
    return subprocess.Popen([*CELLC, *arguments], env=environment, stdout=subprocess.PIPE, stderr=progress, text=True)  # noqa: S603 -- our own


def comparable(result: dict[str, Any]) -> str:
    """Return what has to be equal between two days: all but the tracking labels, which are random."""
    outcomes = [
        {**outcome, "parcels": [parcel["sku"] for parcel in outcome.get("parcels", [])]}
        for outcome in result["outcomes"]
    ]
    return json.dumps({**result, "outcomes": outcomes}, sort_keys=True)


def print_outcomes(result: dict[str, Any]) -> None:
    """Print one line for each order, and the takings."""
    print()
    for outcome in result["outcomes"]:
        parcels = len(outcome.get("parcels", []))
        told = outcome.get("reason") or f"{outcome['charged']} charged, {parcels} parcel{'s' if parcels != 1 else ''}"
        print(f"    order {outcome['order'][-1]}   {outcome['status']:<13} {told}")
    print(f"    shipped {result['shipped']}, takings {result['takings']}\n")


def print_charges(shop: Shop) -> None:
    """Print the payment service's own books."""
    print("    The payment service's own books:")
    for order, book in sorted(shop.charges().items()):
        print(f"    order {order[-1]}   asked {book['requests']}x, charged {book['charges']}x   {book['charged']}")
    print()


def print_command(arguments: Sequence[str]) -> None:
    """Print the command as a person would type it."""
    print(f"$ cellc {' '.join(Path(word).name if '/' in word else word for word in arguments)}", flush=True)


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}")


def yes(answer: bool) -> str:
    """Return an answer in a word."""
    return "yes" if answer else "NO"


if __name__ == "__main__":
    main()
