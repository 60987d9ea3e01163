"""The changes that people fear, each made in one program: for each place where a run waits, whether it goes on."""

from tests.compat.versions import DO, LOOP, NESTED, TRY, WITHIN

CASES = {
    "nothing": (DO, [], "receipt:carry answer:carry box:carry sent:carry"),
    "step inserted before": (
        DO,
        [("      receipt =", "      first = pack(id)\n      receipt =")],
        "receipt:pin answer:pin box:pin sent:pin",
    ),
    "step inserted after": (
        DO,
        [("      return {track", "      last = pack(id)\n      return {track")],
        "receipt:carry answer:carry box:carry sent:carry",
    ),
    "step inserted where a run stands": (
        DO,
        [(f"      {WITHIN}", f"      early = pack(id)\n      {WITHIN}")],
        "receipt:carry answer:pin box:pin sent:pin",
    ),
    "a reading step inserted before": (
        DO,
        [
            (f"      {WITHIN}", f"      time.sleep(1h)\n      {WITHIN}"),
            ("ship, ask]\n    do", "ship, ask, time.sleep]\n    do"),
        ],
        "receipt:carry answer:carry box:carry sent:carry",
    ),
    "step removed": (
        DO,
        [(f"      {WITHIN}", ""), ("pack, ship, ask]\n    do", "pack, ship]\n    do")],
        "receipt:carry answer:map box:carry sent:carry",
    ),
    "step renamed": (
        DO,
        [("receipt = charge", "paid = charge"), ("receipt.id", "paid.id")],
        "receipt:map answer:refused box:refused sent:refused",
    ),
    "step without an undo renamed": (
        DO,
        [("box = pack", "parcel = pack"), ("box=box.box", "box=parcel.box")],
        "receipt:carry answer:carry box:map sent:map",
    ),
    "order swapped": (
        DO,
        [
            (f"      {WITHIN}      box = pack(id=receipt.id)\n", f"      box = pack(id=receipt.id)\n      {WITHIN}"),
        ],
        "receipt:carry answer:pin box:pin sent:carry",
    ),
    "field of a result added": (
        DO,
        [("out: {id: string, amount: int}", "out: {id: string, amount: int, at: string}")],
        "receipt:refused answer:default box:default sent:carry",
    ),
    "field of a result retyped": (
        DO,
        [
            ("out: {box: string}", "out: {box: string(1..80)}"),
            ("ship: {in: {box: string}", "ship: {in: {box: string(..90)}"),
        ],
        "receipt:carry answer:carry box:refused sent:refused",
    ),
    "input made required": (
        DO,
        [
            ("amounts: [int], id: string}\n", "amounts: [int], id: string, why: string}\n"),
            ("pack(id=receipt.id)", "pack(id=why)"),
        ],
        "receipt:default answer:default box:default sent:carry",
    ),
    "timeout shortened": (DO, [("timeout: 10s", "timeout: 1s")], "receipt:carry answer:carry"),
    "retry changed": (DO, [("attempts: 3", "attempts: 5")], "receipt:carry answer:carry"),
    "handler changed only": (DO, [("http://here", "http://there")], "receipt:carry answer:carry"),
    "parallel turned sequential": (
        DO.replace("answer = ask(id)\n", "both = par(a=ask(id), b=pack(id))\n"),
        [("both = par(a=ask(id), b=pack(id))\n", "a = ask(id)\n      b = pack(id)\n")],
        "receipt:carry both:map box:map sent:map",
    ),
    "loop body: step after the one where a run stands": (
        LOOP,
        [("        seen = ask(id=paid.id)\n", "        seen = ask(id=paid.id)\n        more = pack(id=paid.id)\n")],
        "paid:carry seen:carry box:pin sent:pin",
    ),
    "loop body: order swapped": (
        LOOP,
        [
            (
                "        paid = charge(amount=a)\n        seen = ask(id=paid.id)\n",
                "        seen = ask(id)\n        paid = charge(amount=a)\n",
            )
        ],
        "paid:pin seen:pin box:carry sent:carry",
    ),
    "step moved out of its loop": (
        LOOP,
        [("        seen = ask(id=paid.id)\n", "      seen = ask(id)\n")],
        "paid:pin seen:pin box:pin sent:pin",
    ),
    "step moved out of an inner loop": (
        NESTED,
        [
            ("          paid = charge(amount=a)\n", ""),
            ("        box = pack", "        paid = charge(amount=1)\n        box = pack"),
            ("seen = ask(id=paid.id)", "seen = ask(id)"),
        ],
        "paid:pin seen:pin box:pin last:pin",
    ),
    "step moved into a loop": (
        LOOP,
        [
            ("      box = pack(id)\n", ""),
            ("        seen =", "        box = pack(id)\n        seen ="),
            ("ship(box=box.box)", "ship(box=id)"),
        ],
        "paid:carry seen:pin box:pin sent:pin",
    ),
    "loop over other items": (
        LOOP,
        [("for a in amounts:", "for a in reversed(amounts):")],
        "paid:pin seen:pin box:carry sent:carry",
    ),
    "its name given to another step": (
        DO,
        [
            ("box = pack(id=receipt.id)", "box = charge(amount=2)"),
            ("      sent = ship(box=box.box)\n", "      sent = ship(box=box.id)\n      parcel = pack(id)\n"),
        ],
        "receipt:carry answer:carry box:refused sent:map",
    ),
    "names exchanged": (
        DO,
        [
            ("box = pack(id=receipt.id)", "box = charge(amount=1)"),
            ("receipt = charge(amount=1) undo refund(id=it.id)", "receipt = pack(id) undo refund(id)"),
            ("ship(box=box.box)", "ship(box=box.id)"),
        ],
        "receipt:refused answer:map box:refused sent:map",
    ),
    "another step under the same name": (
        DO,
        [
            ("box = pack(id=receipt.id)", "box = ask(id)"),
            ("box=box.box", "box=id"),
            ("refund, pack, ship", "refund, ship"),
        ],
        "receipt:carry answer:carry box:refused sent:pin",
    ),
    "left out in some cases, and always done now": (
        DO.replace("      box = pack(id=receipt.id)\n", "      if answer.ok:\n        box = pack(id)\n").replace(
            "box.box", "id"
        ),
        [("      if answer.ok:\n        box = pack(id)\n", "      box = pack(id)\n")],
        "receipt:carry answer:carry box:carry sent:pin",
    ),
    "always done, and left out in some cases now": (
        DO.replace("box.box", "id"),
        [("      box = pack(id=receipt.id)\n", "      if answer.ok:\n        box = pack(id)\n")],
        "receipt:carry answer:carry box:carry sent:carry",
    ),
    "not done after an error, and always done now": (
        TRY.replace("except Declined", "except Timeout")
        .replace("(amount=1)", "(amount=1) within 1h")
        .replace("    effects", "    errors: [Declined]\n    effects"),
        [("      except Timeout:\n        pass\n", '      except Timeout:\n        raise Declined(reason="late")\n')],
        "paid:carry seen:pin",
    ),
    "error no longer caught": (
        TRY,
        [
            (
                (
                    "      try:\n        paid = charge(amount=1)\n        track = paid.id\n"
                    "      except Declined:\n        pass\n"
                ),
                "      paid = charge(amount=1)\n      track = paid.id\n",
            ),
            ("    effects: [charge, ask]", "    errors: [Declined]\n    effects: [charge, ask]"),
        ],
        "paid:pin seen:pin",
    ),
}

NODE_CASES = {
    "nothing": ([], "paid:carry seen:carry box:carry", []),
    "node added": (
        [("      return:", "      last: pack(id=paid.id) after box\n      return:")],
        "paid:carry box:carry",
        [],
    ),
    "node renamed": (
        [("      box: pack", "      parcel: pack")],
        "paid:carry seen:carry box:map",
        ["box open/done: it may be done, and `parcel` may be the same step"],
    ),
    "callee changed": (
        [
            ("box: pack(id=paid.id)", "box: ship(box=paid.id)"),
            ("track: id}", "track: 'id if box == null else box.track'}"),
        ],
        "paid:carry seen:carry box:refused",
        ["box done: it is done, and what it does now would be left out"],
    ),
    "condition changed": (
        [("when seen.ok", "when not seen.ok")],
        "paid:carry seen:carry box:pin",
        ["box skipped: it was skipped, and when it is skipped is decided in another way now"],
    ),
    "its name given to another node": (
        [
            ("box: pack(id=paid.id)", "parcel: pack(id=paid.id)"),
            ("return: {track: id}", "box: charge(amount=2) after parcel\n      return: {track: id}"),
        ],
        "paid:carry seen:carry box:refused",
        [
            "box open/done: `parcel` comes before it now, and has not been done",
            "box open/done: it may be done, and `parcel` may be the same step",
            "box done: it is done, and what it does now would be left out",
            "box skipped: it was skipped, and when it is skipped is decided in another way now",
        ],
    ),
    "guard added": (
        [
            (
                "      seen: ask(id) after paid\n",
                '      late: raise Declined(reason=id) when id == "x"\n      seen: ask(id) after paid, late\n',
            ),
            ("paid: charge(amount=1)", "paid: charge(amount=1) after late"),
        ],
        "paid:pin seen:pin box:carry",
        [
            "paid open/done: `late` comes before it now, and has not been done",
            "seen open/done: `late` comes before it now, and has not been done",
        ],
    ),
    "undo added": (
        [("paid: charge(amount=1)", "paid: charge(amount=1) undo refund(id=paid.id)")],
        "paid:carry seen:carry box:carry",
        ["paid done: `paid` is done, and would not be undone as it is here"],
    ),
}
