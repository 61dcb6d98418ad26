"""How often: sliding windows in this process, and what other processes have counted."""
