"""The Cell language's grammars and the document's JSON Schema: data, read by `cellc.language`."""
