"""Workers and tasks: compiling a topology, processing, committing, restoring."""
