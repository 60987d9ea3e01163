"""Which changes are certain, by the text before and after; what is not certain has none."""

from textwrap import dedent

import pytest

from cellc.fixing import apply
from tests.conftest import CompileText

OTHER = "cellc: 1\ntypes:\n  Item: {qty: int}\nerrors:\n  Gone: {}\n"


def fixed(text: str, compile_text: CompileText) -> str:
    """The text after all changes of its first check, those of one place once."""
    found = compile_text(text, other=OTHER, more=OTHER.replace("cellc: 1", "cellc: 1\nmodule: more")).diagnostics
    return apply(text, dict.fromkeys(d.fix for d in found if d.fix is not None))


def module(body: str) -> str:
    return "cellc: 1\n" + dedent(body)


STRUCTURE = {
    "an effect behind the last in brackets": (
        "    effects: [time.now]  # said\n    do: |\n      log.info(message='a')\n      n = time.now()\n",
        "    effects: [time.now, log.info]  # said\n    do: |\n      log.info(message='a')\n      n = time.now()\n",
    ),
    "an effect into empty brackets": (
        "    effects: []\n    do: |\n      log.info(message='a')\n",
        "    effects: [log.info]\n    do: |\n      log.info(message='a')\n",
    ),
    "an effect above the last of a list of lines": (
        "    effects:\n      - time.now  # said\n    do: |\n      log.info(message='a')\n",
        "    effects:\n      - log.info\n      - time.now  # said\n    do: |\n      log.info(message='a')\n",
    ),
    "a key above the comment of the next": (
        "    # said\n    do: |\n      log.info(message='a')\n",
        "    effects: [log.info]\n    # said\n    do: |\n      log.info(message='a')\n",
    ),
    "an error above the effects": (
        "    effects: [log.info]\n    do: |\n      log.info(message='a')\n      raise E\n",
        "    errors: [E]\n    effects: [log.info]\n    do: |\n      log.info(message='a')\n      raise E\n",
    ),
    "all of an effect's line": ("    effects: [log.info]\n    do: pass\n", "    do: pass\n"),
    "an effect with its comma": (
        "    effects: [log.info, time.now]\n    do: |\n      n = time.now()\n",
        "    effects: [time.now]\n    do: |\n      n = time.now()\n",
    ),
    "the last effect with the comma before it": (
        "    effects: [time.now, log.info]\n    do: |\n      n = time.now()\n",
        "    effects: [time.now]\n    do: |\n      n = time.now()\n",
    ),
    "a line of a list": (
        "    errors:\n      - E\n      - F\n    do: raise F\n",
        "    errors:\n      - F\n    do: raise F\n",
    ),
    "a list of one line with its key": ("    errors:\n      - E\n    do: pass\n", "    do: pass\n"),
    "nothing where a comment stands": (
        "    errors:\n      - E  # said\n      - F\n    do: raise F\n",
        "    errors:\n      - E  # said\n      - F\n    do: raise F\n",
    ),
}


@pytest.mark.parametrize("what", STRUCTURE)
def test_lists_change_in_their_own_style(what: str, compile_text: CompileText) -> None:
    head = "cellc: 1\nerrors:\n  E: {}\n  F: {}\ncells:\n  a:\n"
    before, after = STRUCTURE[what]
    assert fixed(head + before, compile_text) == head + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("use: {o: ./other.cell.yaml}\n", ""),
        ("use:\n  o: ./other.cell.yaml\n", ""),
        ("use:\n  o: ./other.cell.yaml\n  m: ./more.cell.yaml\n", "use:\n  m: ./more.cell.yaml\n"),
        ("use: {o: ./other.cell.yaml, m: ./more.cell.yaml}\n", "use: {m: ./more.cell.yaml}\n"),
        ("use:\n  o: ./other.cell.yaml  # said\n", "use:\n  o: ./other.cell.yaml  # said\n"),
    ],
)
def test_an_unused_import_goes(before: str, after: str, compile_text: CompileText) -> None:
    rest = "cells:\n  a:\n    in: {x: m.Item}\n    do: pass\n" if "m:" in before else "cells:\n  a: {do: pass}\n"
    assert fixed(f"cellc: 1\n{before}{rest}", compile_text) == f"cellc: 1\n{after}{rest}"


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("return user_name", "return userName"),
        ("return USERNAME", "return userName"),
        ("return userNam", "return userNam"),
        ("return userName.lower()", "return lower(userName)"),
        ("return replace(userName.strip( ), 'a', 'b')", "return replace(strip(userName), 'a', 'b')"),
        ("return userName.replace('a', 'b')", "return replace(userName, 'a', 'b')"),
        ("return userName.casefold()", "return userName.casefold()"),
        ("return userName if True else None", "return userName if true else null"),
        ("return o.user_name", "return o.user_name"),
    ],
)
def test_names_and_methods_change_only_where_one_thing_can_be_meant(
    line: str, after: str, compile_text: CompileText
) -> None:
    head = "cellc: 1\ncells:\n  a:\n    in: {userName: string, o: {username: string, userName: string}}\n"
    rest = f"{head}    out: string\n    do: |\n      "
    assert fixed(f"{rest}{line}\n", compile_text) == f"{rest}{after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("types: {T: int}\ncells: {a: {do: pass}}\n", "cellc: 1\ntypes: {T: int}\ncells: {a: {do: pass}}\n"),
        ('cellc: "1"\ncells: {a: {do: pass}}\n', "cellc: 1\ncells: {a: {do: pass}}\n"),
        ("cellc: 2\ncells: {a: {do: pass}}\n", "cellc: 2\ncells: {a: {do: pass}}\n"),
        (
            "cellc: 1\ntypes: {T: int}\ncells: {a: {in: {x: 'T', y: 'u'}, do: pass}}\n",
            "cellc: 1\ntypes: {T: int}\ncells: {a: {in: {x: T, y: 'u'}, do: pass}}\n",
        ),
        ("cellc: 1\ncells: {a: {Do: pass}}\n", "cellc: 1\ncells: {a: {do: pass}}\n"),
        ("cellc: 1\ncells: {a: {Do: pass, do: pass}}\n", "cellc: 1\ncells: {a: {Do: pass, do: pass}}\n"),
        (
            "cellc: 1\ncells: {a: {effects: log.info, do: 'log.info(message=\"a\")'}}\n",
            "cellc: 1\ncells: {a: {effects: [log.info], do: 'log.info(message=\"a\")'}}\n",
        ),
    ],
)
def test_the_shape_of_a_file_is_mended(before: str, after: str, compile_text: CompileText) -> None:
    assert fixed(before, compile_text) == after
