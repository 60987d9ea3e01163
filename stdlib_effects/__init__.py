"""The standard effects: each declared in the Cell language beside the Python that performs it."""
