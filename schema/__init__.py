"""What can be seen and what can be sent: one file per subject."""

from schema import enums as enums  # declared before any type that uses them
