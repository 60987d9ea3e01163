"""One kind of problem: its number, name, severity and wording."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a diagnostic is: only errors stop a compilation; a note says what is right, but good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem. `message` and `hint` are templates over the fields that are reported with it.

    `otherwise` is what to do where the fields give no hint.
    """

    code: str
    slug: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    since: str = "0.1.0"
    otherwise: str = ""
