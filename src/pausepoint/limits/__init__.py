"""Rate limiting: sliding windows in this process, with the counts of other processes."""
