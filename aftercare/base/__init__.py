"""What every part stands on: settings, databases, SQL, languages, identifiers, amounts."""
