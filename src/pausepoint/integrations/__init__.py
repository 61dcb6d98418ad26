"""Agent frameworks: one file each, which turns the framework's own way of stopping into a question.

Each imports its framework and `pausepoint.client`, and nothing else of PausePoint.
"""
