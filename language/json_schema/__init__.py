"""JSON Schema (draft 2020-12): types written as schemas, schemas read as types, and compared.

`reading.py` turns a schema into a set of JSON values (`subtype/sets.py`), exactly; `importing.py` turns that set into a
type, as nearly as types allow; `writing.py` goes the other way. Questions about schemas are decided on the sets.
"""

from cellc.language.json_schema.comparing import is_schema_subtype
from cellc.language.json_schema.importing import Imported, from_json_schema
from cellc.language.json_schema.writing import schema_of_all, to_json_schema

__all__ = ["Imported", "from_json_schema", "is_schema_subtype", "schema_of_all", "to_json_schema"]
