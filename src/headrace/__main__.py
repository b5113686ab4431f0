"""`python -m headrace`, for where the command `headrace` is not on the path."""

from headrace.cli.main import main

if __name__ == "__main__":
    main()
