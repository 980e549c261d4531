"""``python -m specimg``."""

from specimg.cli import main

if __name__ == "__main__":
    main()
