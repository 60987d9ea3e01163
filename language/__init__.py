"""Pure nouns of the Cell language: spans, diagnostics, syntax tree, types, values, graph."""
