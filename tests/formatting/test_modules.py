"""Laws of whole modules: the canonical form means the same, keeps every comment, and stays as it is."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formatting.corpus import MODULES, formatted, meaning

MESSY = """\
# größe 😀
cellc:  1

use: {payments: {path:   ./payments.cell.yaml, version: ^1.2}}   # use
types: {A: 'string(/[A-Z]{3}-\\d{4}/)', # first
   # own
   B:  [A] , C: {x: int( 1 .. 5 ),y?: "A | null"}}  # after C
errors:

    E: {}   # nothing
    F:

    # tail of errors
events:
  scan: {data: C, key:   data.x, keep: 30d}
effects:
    pay.now:
        in: {order_id: uuid,   amount: decimal(0..), very_long_name_of_an_input: string(1..80), another: int(1..10)}
        out: "enum(a|b)"
        with:
           url: ${ env.A }/x
           q: "${ f( a,b ) } ${ {a:1}.a } $${ x }"
           text: |+
              keep  this
                as is

        errors:
        - E  # e
        # own e
        - F
        # about next
cells:
     a:
            in: {x: int, y: [A]}
            errors: [ E,F ]
            do: |
                # head
                t:int=1+(2*x)


                if (x>1 and(y==2 or x ==3)) : # why
                      z = f(a = 1,b=[1,2,], # one
                            c = {a:1, 'b c':2})   # end
                      # tail in if
                # before elif
                elif x==2: pass   # inline
                else:

                    # comment in else
                    return {total:total,
                        pieces,   # the pieces
                        }
                q = (a +  # in the middle
                     b)
                while  not  (x): break
                match x :
                    case  int|null:
                        commit
                    # about _
                    case _ : continue
                try: f()
                except E , F as e :  raise E(at = e.at)
                # very end
     b:
            topology:
               one :   f( x )   within 3s   when  x>1  # yaml c
               two: |-
                  par( f(x) for x in xs if x, limit = 3 )  # why
                  # cond
                  when (x == 1)
               long:
                  call: 'g(y, when=x) undo h( it )'
                  catch: {E:  auto( x )}
                  until: it.a   ==1
                  from: {a: 1}
               return: {a: "'card'", b: 'x if y else "z"'}
     c: {topology: a->b   ->  c}
     d: {do: "x=1\\nreturn x"}
     e: {python: shop.risk:Score}
triggers:
  nightly: {cron: "0 2 * * 1-5", run: a, with: {n: '${ trigger.due }'}}
main:  a
"""

CORPUS = {**MODULES, "messy": MESSY}
BITS = [
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n  ",
    "  # c\n",
    " # c",
    "\n# c\n",
    ",",
    "(",
    "'",
    '"',
    ": ",
    "|-\n      ",
    "[",
    "{",
    "\t",
]


def assert_laws(text: str) -> None:
    made = formatted(text)
    assert made is not None
    assert meaning(made) == meaning(text)
    assert formatted(made) == made
    assert sorted(re.findall(r"\bc\d\d\b", made)) == sorted(re.findall(r"\bc\d\d\b", text))


@pytest.mark.parametrize("place", CORPUS)
def test_a_module_of_ours_keeps_its_meaning_and_stays(place: str) -> None:
    assert_laws(CORPUS[place])


@pytest.mark.parametrize("place", [place for place in CORPUS if place.startswith(("examples", "tests/c"))])
def test_any_white_space_is_brought_to_the_same_form(place: str) -> None:
    text = CORPUS[place]
    made = formatted(text)
    wide = re.sub(r"^ +", lambda found: found.group() * 2, text, flags=re.MULTILINE)
    assert formatted(wide) == made
    assert formatted(text.replace("\n\n", "\n\n \n\n")) == made
    assert formatted(text.rstrip("\n")) == made
    crlf = formatted(text.replace("\n", "\r\n"))
    assert crlf is not None
    assert crlf == (made or "").replace("\n", "\r\n")


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(CORPUS)), st.data())
def test_comments_anywhere_are_kept(place: str, data: st.DataObject) -> None:
    lines = CORPUS[place].split("\n")
    for number in range(10, 13):
        line = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, 14))
        if data.draw(st.booleans()):
            lines[line] += f"{' ' * (column + 1)}# c{number}"
        else:
            lines.insert(line, f"{' ' * column}# c{number}")
    text = "\n".join(lines)
    if meaning(text) is not None:
        assert_laws(text)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(CORPUS)), st.randoms(use_true_random=False))
def test_a_mangled_module_that_still_reads_obeys_the_laws(place: str, chance: random.Random) -> None:
    text = CORPUS[place]
    for _ in range(chance.choice([1, 1, 2, 3])):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(BITS) + text[at + chance.choice([0, 0, 0, 1, 3]) :]
    if meaning(text) is None:
        assert formatted(text) is None
    else:
        assert_laws(text)
