"""Changes of what a run may have to undo, and of the cells that it has ended or is in: where it goes on."""

import pytest

from tests.compat.versions import DO, INNER, WITHIN, judged, verdicts

CASES = {
    "step with an undo removed": (
        DO,
        [
            ("      receipt = charge(amount=1) undo refund(id=it.id)\n", ""),
            ("pack(id=receipt.id)", "pack(id)"),
            ("[charge, refund, pack, ship, ask]", "[pack, ship, ask]"),
            ("    errors: [Declined]\n    effects", "    effects"),
        ],
        "receipt:map answer:refused box:refused sent:refused",
    ),
    "undo added": (
        DO,
        [("box = pack(id=receipt.id)\n", "box = pack(id=receipt.id) undo refund(id=receipt.id)\n")],
        "receipt:carry answer:carry box:carry sent:pin",
    ),
    "undo's effect gone": (
        DO,
        [(" undo refund(id=it.id)", ""), ("[charge, refund, pack", "[charge, pack")],
        "receipt:carry answer:refused box:refused",
    ),
    "cell extracted": (
        DO + "  pay:\n    out: {id: string, amount: int}\n    errors: [Declined]\n    effects: [charge]\n"
        "    do: return charge(amount=1)\nmain: main\n",
        [("receipt = charge(amount=1) undo", "receipt = pay() undo")],
        "receipt:refused answer:carry box:carry sent:carry",
    ),
    "undo removed": (
        DO.replace("box=box.box)", "box=box.box) undo refund(id)"),
        [(" undo refund(id=it.id)", "")],
        "receipt:carry answer:pin box:pin sent:pin",
    ),
    "undone by another effect": (
        DO.replace("box=box.box)", "box=box.box) undo refund(id)"),
        [(" undo refund(id=it.id)", " undo pack(id=it.id)")],
        "receipt:carry answer:pin box:pin sent:pin",
    ),
    "commit added": (
        DO,
        [(f"      {WITHIN}", f"      {WITHIN}      commit\n")],
        "receipt:carry answer:carry box:pin sent:pin",
    ),
    "commit removed": (
        DO.replace(WITHIN, f"{WITHIN}      commit\n"),
        [("      commit\n", "")],
        "receipt:carry answer:carry box:pin sent:pin",
    ),
    "commit moved": (
        DO.replace(WITHIN, f"commit\n      {WITHIN}"),
        [("      commit\n", ""), ("      sent =", "      commit\n      sent =")],
        "receipt:carry answer:pin box:pin sent:carry",
    ),
    "commit in some cases": (
        DO.replace(WITHIN, f"{WITHIN}      commit\n"),
        [("      commit\n", "      if answer.ok:\n        commit\n")],
        "receipt:carry answer:carry box:pin sent:pin",
    ),
    "undo removed from a cell that has ended": (
        INNER,
        [(" undo refund(id=it.id)", ""), ("[charge, ask, refund]", "[charge, ask]")],
        "receipt:carry answer:pin box:pin",
    ),
    "undo added to a cell that has ended": (
        INNER.replace(" undo refund(id=it.id)", "").replace("[charge, ask, refund]", "[charge, ask]"),
        [
            ("paid = charge(amount=1)", "paid = charge(amount=1) undo refund(id=it.id)"),
            ("[charge, ask]", "[charge, ask, refund]"),
        ],
        "receipt:carry answer:pin box:pin",
    ),
    "commit added to a cell that has ended": (
        INNER,
        [("      return {id: paid.id}", "      commit\n      return {id: paid.id}")],
        "receipt:carry answer:pin box:pin",
    ),
    "commit removed from a cell that has ended": (
        INNER.replace("      return {id: paid.id}", "      commit\n      return {id: paid.id}"),
        [("      commit\n      return {id: paid.id}", "      return {id: paid.id}")],
        "receipt:carry answer:pin box:pin",
    ),
    "undo of a cell in place of those of its calls": (
        INNER,
        [("receipt = pay()", "receipt = pay() undo refund(id)")],
        "receipt:carry answer:pin box:pin",
    ),
    "step moved out of the cell that a run is in": (
        INNER,
        [
            (
                "      paid = charge(amount=1) undo refund(id=it.id)\n      sure = ask(id=paid.id)\n",
                '      sure = ask(id="a")\n',
            ),
            ("{id: paid.id}", '{id: "a"}'),
            ("      answer =", "      paid = charge(amount=1) undo refund(id=it.id)\n      answer ="),
            ("    errors: [Declined]\n    effects: [charge, ask, refund]", "    effects: [ask]"),
        ],
        "receipt:map",
    ),
    "step moved into the cell that a run is in": (
        INNER.replace("      receipt =", "      first = charge(amount=2)\n      receipt ="),
        [
            ("      first = charge(amount=2)\n", ""),
            ("      sure = ask(id=paid.id)\n", "      sure = ask(id=paid.id)\n      first = charge(amount=2)\n"),
        ],
        "receipt:map answer:map",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_of_undos_or_cells(name: str) -> None:
    body, edits, expected = CASES[name]
    names = [part.partition(":")[0] for part in expected.split()]
    assert verdicts(judged(body, *edits), *names) == expected
