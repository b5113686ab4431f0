"""The logical plan: frozen nodes that say what a program does, and pure rewrites over them. No node can run."""
