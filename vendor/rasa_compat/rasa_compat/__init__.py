"""Lets Rasa 3.6.21 and rasa_sdk 3.6.2, unmodified, run on a supported Python with current libraries.

`hook` loads `adaptations` when a program first imports `rasa` or `rasa_sdk`; other programs are left alone.
"""
