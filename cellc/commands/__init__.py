"""One module for each command: it parses its arguments, calls one of the rooms below, and renders what came back."""
