"""Regular expressions as languages: parsing, inclusion by derivatives, printing.

Patterns run in RE2 (`text_forms.full_match`); here they are compared. The supported subset is at the top of `parse.py`.
"""

from cellc.language.regex.languages import Language, Languages
from cellc.language.regex.parse import Dialect, NotRegular, parse
from cellc.language.regex.printer import show_pattern

__all__ = ["Dialect", "Language", "Languages", "NotRegular", "parse", "show_pattern"]
