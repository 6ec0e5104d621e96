"""How the weights of ``qa/weights.json`` are made; nothing here runs when a question is asked."""
