"""The pause and its state machine: pure, standard library only."""
