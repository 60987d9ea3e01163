"""The values of the language: reading them where they enter, checking them in memory, storing them."""

from cellc.language.values.accepting import UNDECIDED, Accept, accepting
from cellc.language.values.codec import decode, encode, tag, untag
from cellc.language.values.entry import from_json, to_json
from cellc.language.values.json_text import BadJson, parse_json
from cellc.language.values.memory import fits, project
from cellc.language.values.problems import Misfit, Problem

__all__ = [
    "UNDECIDED",
    "Accept",
    "BadJson",
    "Misfit",
    "Problem",
    "accepting",
    "decode",
    "encode",
    "fits",
    "from_json",
    "parse_json",
    "project",
    "tag",
    "to_json",
    "untag",
]
