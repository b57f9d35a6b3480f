"""The only public process: chat API and pages on one side, the private engine on the other."""
