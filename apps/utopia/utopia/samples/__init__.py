"""The workshop's samples: one small topology a file, each with `build(builder)`."""
