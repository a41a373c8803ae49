"""`python -m tolich` is the command line."""

from tolich.cli import main

main()
