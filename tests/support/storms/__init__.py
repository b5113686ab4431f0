"""Storms: random events while several instances of an application work on a cluster of several brokers."""
