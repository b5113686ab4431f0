"""Several instances of an application on one group: who they are, who gets which task, and when it may be started.

`plan` is the pure decision, `control` what members write to one another, `agreement` what one member makes of it, and
`group_membership` the thread that connects an agreement with a log. Why it is like this: docs/decisions/0013-assignment.md.
"""
