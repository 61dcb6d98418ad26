"""Ways to reach people: a package a channel, listed in `registry`.

The registry is read by commands that need no server, where only `pausepoint` without its extra
`server` is installed. So libraries of that extra are imported where they are used.
"""
