"""The class page: one machine drives, everybody in the room watches, bets, pushes, paints and steers in a browser."""
