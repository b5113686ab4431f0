"""The segmenter on Kafka, each part a process of its own: `python -m segmenter.fleet`, or make.

`kafka` and `registry` start what it stands on, `parts` are driver, reader and instances, `checking` compares what went in with
what came out.
"""
