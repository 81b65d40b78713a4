"""Second factors: applications that make codes, codes by e-mail, security keys, recovery codes."""
