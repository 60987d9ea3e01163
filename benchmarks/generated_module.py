"""A module of any size, as a business would write it: departments of a shop, each with types, an error, effects, cells.

A department has six cells (sequences of statements that perform effects, computations, a dataflow) and about sixty
lines. Departments differ in their names, so nothing of one can be taken over for the next but what real modules repeat
too: `uuid`, `decimal(0..)`, `string`.
"""

CELLS_IN_A_DEPARTMENT = 6

_SECTIONS = {
    "types": """\
  Order@: {id: uuid, email: email, lines: list(Line@ 1..50), gift?: string(1..200)}
  Line@: {sku: string(1..20), qty: int(1..), price: decimal(0..)}
  Receipt@: {charge_id: string, amount: decimal}
  Outcome@: {order: uuid, status: enum(shipped | declined | empty), charged@?: decimal, reason?: string}
""",
    "errors": """\
  Declined@: {reason: string}
""",
    "effects": """\
  gateway.charge@:
    in: {order_id: uuid, amount: decimal(0..)}
    out: Receipt@
    errors: [Declined@]
    delivery: idempotent
    timeout: 10s
    retry: {attempts: 5, delay: 200ms, factor: 2, max_delay: 5s}
  shelf.take@:
    in: {sku: string(1..20), qty: int(1..)}
    delivery: once
""",
    "cells": """\
  price@:
    description: What an order of department @ costs.
    in: {order: Order@}
    out: {total: decimal(0..), pieces@: int}
    do: |
      total = sum(line.price * line.qty for line in order.lines)
      pieces@ = sum(line.qty for line in order.lines)
      if total > 500 and pieces@ > 10:  # a large order
        total = round(total * 0.95, 2)
      return {total, pieces@}

  charge@:
    in: {order: Order@, total: decimal(0..)}
    out: Receipt@
    errors: [Declined@]
    effects: [gateway.charge@]
    do: |
      receipt@ = gateway.charge@(order_id=order.id, amount=total)
      return receipt@

  label@:
    in: {line: Line@}
    out: string
    do: 'return f"department @: {line.sku} x {line.qty}"'

  pick@:
    in: {line: Line@}
    out: string
    effects: [shelf.take@]
    do: |
      shelf.take@(sku=line.sku, qty=line.qty)
      text@ = label@(line)
      return text@

  fulfil@:
    in: {order: Order@}
    out: {charged@: decimal, labels: [string]}
    errors: [Declined@]
    topology:
      quote@: price@(order)
      receipt@: charge@(order, total=quote@.total)
      labels: par(pick@(line=line) for line in order.lines, limit=4) after receipt@
      return: {charged@: receipt@.amount, labels: labels}

  handle@:
    in: {order: Order@}
    out: Outcome@
    effects: [gateway.charge@, shelf.take@]
    do: |
      if order.gift == null and len(order.lines) > 40:
        return {order: order.id, status: "empty"}
      try:
        done@ = fulfil@(order)
        return {order: order.id, status: "shipped", charged@: done@.charged@}
      except Declined@ as e:
        return {order: order.id, status: "declined", reason: e.reason}
""",
}


def module_text(cells: int) -> str:
    """Return a module that checks clean, with at least `cells` cells."""
    departments = -(-cells // CELLS_IN_A_DEPARTMENT)
    sections = (_section(name, text, departments) for name, text in _SECTIONS.items())
    return f"cellc: 1\nmodule: shop.departments\nversion: 1.0.0\n\n{''.join(sections)}main: handle1\n"


def _section(name: str, text: str, departments: int) -> str:
    return f"{name}:\n" + "".join(text.replace("@", str(number)) for number in range(1, departments + 1)) + "\n"
