"""Bringing stores up to date from their changelogs."""
