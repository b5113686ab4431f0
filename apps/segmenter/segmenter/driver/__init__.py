"""Devices that send events: `python -m segmenter.driver`."""
