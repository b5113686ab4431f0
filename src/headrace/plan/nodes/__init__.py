"""Plan nodes, one family a file. A plan is a tuple of them in build order: parents before children."""
