"""The workloads as straight loops written by hand: what a good engineer would write who needs just this one program."""
