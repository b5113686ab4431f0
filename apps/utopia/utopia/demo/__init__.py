"""The demo: mock data, three samples on the embedded log, and what came out, in about a minute."""
