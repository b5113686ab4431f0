"""The workshop's samples: one small topology a file, each with `build(builder)`.

All outputs begin with `kafka-workshop-`; `suffix` ends them, where others write topics of these names to the same cluster.
"""
