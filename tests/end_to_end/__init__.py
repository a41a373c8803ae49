"""The whole program as a process of its own, reached only from outside."""
