"""Plan nodes → topology nodes, one family of nodes a file."""
