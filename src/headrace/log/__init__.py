"""Transport: the contract in `api`, a log in memory for tests, and a durable one in a directory.

Above this package nobody knows which log it runs on. The modules beside `api` are what the logs share: their errors
(`faults`), the buffering producer, the fairness of a poll, and the rules of topics and compaction.
"""
