"""Reinforcement from a clone: the task, its reward, the residual actor and critics, the run."""
