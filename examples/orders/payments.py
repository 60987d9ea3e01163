"""A small payment service over real HTTP, for the example and its tests.

    POST /charges   {"order": ..., "amount": "12.50"} with `Authorization: Bearer TOKEN` and an `Idempotency-Key`
    GET  /charges   for each order: how often it was charged, for how much, and how many requests asked for it

The same key is the same charge: a repeated request gets the first answer again and moves no money. Amounts over 2,000
are declined (402). Run by hand: `python payments.py TOKEN [PORT]`.
"""

import json
import sqlite3
import sys
import threading
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

CARD_LIMIT = Decimal(2000)

SCHEMA = """
    CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER, body TEXT);
    CREATE TABLE IF NOT EXISTS charges (charge_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, amount TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS requests (order_id TEXT NOT NULL);
"""

Answer = tuple[int, dict[str, Any]]


class Payments:
    """The books, in an SQLite database. One request at a time."""

    def __init__(self, database: str = ":memory:") -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._db.executescript(SCHEMA)

    def charge(self, key: str, request: dict[str, Any]) -> Answer:
        """Charge once for each `key`; a known key gets its first answer."""
        text = json.dumps(request, sort_keys=True)
        with self._lock, self._db:
            self._db.execute("INSERT INTO requests VALUES (?)", (str(request.get("order")),))
            known = self._db.execute("SELECT request, status, body FROM answers WHERE key = ?", (key,)).fetchone()
            if known is not None:
                return self._repeated(text, *known)
            status, body = self._decide(key, request)
            self._db.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (key, text, status, json.dumps(body)))
            return status, body

    def _repeated(self, text: str, first: str, status: int, body: str) -> Answer:
        if text != first:
            return HTTPStatus.UNPROCESSABLE_ENTITY, {"reason": "this key was used for another request"}
        return status, json.loads(body)

    def _decide(self, key: str, request: dict[str, Any]) -> Answer:
        try:
            order, amount = str(request["order"]), Decimal(str(request["amount"]))
        except (KeyError, InvalidOperation):
            return HTTPStatus.BAD_REQUEST, {"reason": "an order and an amount, please"}
        if amount > CARD_LIMIT:
            return HTTPStatus.PAYMENT_REQUIRED, {"reason": f"the card's limit is {CARD_LIMIT}"}
        charge_id = f"ch-{sha256(key.encode()).hexdigest()[:12]}"
        self._db.execute("INSERT INTO charges VALUES (?, ?, ?)", (charge_id, order, str(amount)))
        return HTTPStatus.CREATED, {"charge_id": charge_id, "amount": str(amount)}

    def report(self) -> dict[str, dict[str, Any]]:
        """Return for each order that was asked for: `charges`, `charged` and `requests`."""
        with self._lock:
            requests = self._db.execute("SELECT order_id, count(*) FROM requests GROUP BY order_id").fetchall()
            rows = self._db.execute("SELECT order_id, amount FROM charges").fetchall()
        amounts = {order: [Decimal(amount) for charged, amount in rows if charged == order] for order, _ in requests}
        return {
            order: {"charges": len(amounts[order]), "charged": str(sum(amounts[order], Decimal(0))), "requests": count}
            for order, count in requests
        }


class PaymentServer(ThreadingHTTPServer):
    """Serves `payments` on a loopback port, in a thread: `with PaymentServer(...) as server`.

    `before_answer` is called with the order when the books are written and the answer is not yet sent: the moment
    where a crash of the caller hurts most.
    """

    daemon_threads = True

    def __init__(
        self, payments: Payments, token: str, port: int = 0, before_answer: Callable[[str], None] = lambda _order: None
    ) -> None:
        self.payments = payments
        self.token = token
        self.before_answer = before_answer
        super().__init__(("127.0.0.1", port), _Requests)

    @property
    def url(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet when a caller has gone away: that is what the example is about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PaymentServer

    def do_GET(self) -> None:
        if self._admitted():
            self._answer(HTTPStatus.OK, self.server.payments.report())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key")
        if not self._admitted():
            return
        try:
            request = json.loads(body)
        except ValueError:
            request = None
        if key is None or not isinstance(request, dict):
            self._answer(HTTPStatus.BAD_REQUEST, {"reason": "a JSON object and an Idempotency-Key, please"})
            return
        status, answer = self.server.payments.charge(key, request)
        self.server.before_answer(str(request.get("order")))
        self._answer(status, answer)

    def _admitted(self) -> bool:
        if self.path != "/charges":
            self._answer(HTTPStatus.NOT_FOUND, {"reason": "there is only /charges"})
        elif self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._answer(HTTPStatus.UNAUTHORIZED, {"reason": "the token is wrong"})
        else:
            return True
        return False

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing: the demo speaks."""


def main() -> None:
    """Serve until Ctrl-C."""
    token, *port = sys.argv[1:]
    server = PaymentServer(Payments(), token, int(port[0]) if port else 0)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
