"""Everything that the order workflow touches, in one folder: a stock database, a payment service, the environment."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from payments import Payments, PaymentServer

HERE = Path(__file__).parent
PROGRAM = HERE / "orders.cell.yaml"
ORDERS = HERE / "orders.json"
STOCK = {"MUG-0001": 40, "TEA-0002": 100, "POT-0003": 6, "CUP-0004": 60, "LMP-0007": 1}


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that is open: run cellc in `folder` with `environment`."""

    folder: Path
    server: PaymentServer
    environment: Mapping[str, str]

    def stock(self) -> dict[str, int]:
        """Return how many of each article are on the shelf."""
        with closing(sqlite3.connect(self.folder / "stock.db")) as db:
            return dict(db.execute("SELECT sku, qty FROM stock ORDER BY sku"))

    def charges(self) -> dict[str, dict[str, object]]:
        """Return the payment service's own books, by order."""
        return self.server.payments.report()


@contextmanager
def open_shop(folder: Path, before_answer: Callable[[str], None] = lambda _order: None) -> Iterator[Shop]:
    """Fill the shelves and start the payment service; close it at the end. `before_answer`: see `PaymentServer`."""
    with closing(sqlite3.connect(folder / "stock.db")) as db, db:
        db.execute("CREATE TABLE stock (sku TEXT PRIMARY KEY, qty INTEGER NOT NULL CHECK (qty >= 0))")
        db.executemany("INSERT INTO stock VALUES (?, ?)", STOCK.items())
    token = "only-for-the-example"  # noqa: S105 -- opens nothing but the server below
    with PaymentServer(Payments(str(folder / "payments.db")), token, before_answer=before_answer) as server:
        environment = {
            **os.environ,
            "STOCK_DB": f"sqlite:///{folder / 'stock.db'}",
            "PAYMENT_URL": server.url,
            "PAYMENT_TOKEN": token,
            "CELLC_LOG": str(folder / "log.db"),
        }
        yield Shop(folder, server, environment)
