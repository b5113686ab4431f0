"""Questions to stores: asked of the tasks here and, where a task is elsewhere, of the instance that has it."""
