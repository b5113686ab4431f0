"""Utopia, a young music platform that moves to event streams: its data, its samples and its demo."""
