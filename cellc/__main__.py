"""`python -m cellc`."""

from cellc.cli import main

if __name__ == "__main__":
    main()
