"""Benchmarks: the same workloads as Headrace programs and as straight loops written by hand. See README.md."""
