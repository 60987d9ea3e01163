"""The canonical form of modules and of Cell text: what `cellc fmt` writes, and how a syntax tree is shown as text."""
