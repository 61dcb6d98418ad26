"""`python -m pausepoint` is the `pausepoint` command."""

from pausepoint.cli import main

main()
