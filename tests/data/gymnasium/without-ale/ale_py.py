"""Stands for a package that is not installed."""

raise ImportError("no ale_py here")
