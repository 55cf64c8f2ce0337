"""Lets ``python -m supplygraph`` do what the installed command does."""

from __future__ import annotations

from supplygraph.cli.app import main

if __name__ == "__main__":
    main()
