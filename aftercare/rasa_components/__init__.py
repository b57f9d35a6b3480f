"""What plugs into Rasa: components, policies, channel, tracker store, wording."""
