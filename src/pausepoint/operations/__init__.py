"""One file a verb. Only here a change is made out of a decision."""
